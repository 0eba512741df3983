// Stands in for the NativeAOT runtime library, of which there is none for arm64 on an x86-64 machine. It allocates and never collects,
// initializes the compiled module, resolves interface calls, and answers the few calls to the system that the decoder makes. There are
// no exceptions and no second thread: whatever else the compiled code refers to is a stub that ends the process by name (stubs.sh).
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <time.h>

// ---- What the compiled code reads ----

int RhpTrapThreads;
void *__security_cookie = (void *)0x1234567890abcdef;

// The processor's extensions, as the compiled code asks for them before it uses one that it was not told to expect.
int g_cpuFeatures;

enum { FeatureAdvSimd = 1, FeatureDotProduct = 8, FeatureRdm = 0x10, FeatureAtomics = 0x80 };

__attribute__((constructor)) static void detect_features(void) {
    unsigned long capabilities = getauxval(AT_HWCAP);
    g_cpuFeatures = (capabilities & HWCAP_ASIMD ? FeatureAdvSimd : 0)
        | (capabilities & HWCAP_ASIMDDP ? FeatureDotProduct : 0)
        | (capabilities & HWCAP_ASIMDRDM ? FeatureRdm : 0)
        | (capabilities & HWCAP_ATOMICS ? FeatureAtomics : 0);
}

// ---- Objects: a type pointer, for arrays a length, then the fields ----

struct method_table {
    uint16_t component_size;
    uint16_t flags;
    uint32_t base_size; // the header word before the type pointer included
};

enum { ObjectAlignment = 16, LongestArray = 0x7fffffc7 };

static void **allocate(const struct method_table *type, size_t size) {
    void **object = calloc(1, (size + ObjectAlignment - 1) & ~(size_t)(ObjectAlignment - 1));
    if (object == NULL) {
        fprintf(stderr, "arm64: out of memory\n");
        abort();
    }

    object += 1; // behind the header word, where the lock and the hash code of an object live
    object[0] = (void *)type;
    return object;
}

void *RhpNewFast(const struct method_table *type) { return allocate(type, type->base_size); }

void *RhpNewFinalizable(const struct method_table *type) { return RhpNewFast(type); }

void *RhpNewArray(const struct method_table *type, int64_t length) {
    if (length < 0 || length > LongestArray) {
        fprintf(stderr, "arm64: an array of %lld elements\n", (long long)length);
        abort();
    }

    void **array = allocate(type, type->base_size + (size_t)length * type->component_size);
    array[1] = (void *)length;
    return array;
}

void *RhpNewArrayFast(const struct method_table *type, int64_t length) { return RhpNewArray(type, length); }

void *RhpNewPtrArrayFast(const struct method_table *type, int64_t length) { return RhpNewArray(type, length); }

void *RhNewString(const struct method_table *type, int64_t length) { return RhpNewArray(type, length); }

void RhAllocateNewObject(const struct method_table *type, uint32_t flags, void **result) {
    (void)flags;
    *result = RhpNewFast(type);
}

void RhAllocateNewArray(const struct method_table *type, uint32_t length, uint32_t flags, void **result) {
    (void)flags;
    *result = RhpNewArray(type, length);
}

void RhBulkMoveWithWriteBarrier(void *target, const void *source, size_t bytes) { memmove(target, source, bytes); }

void RhpGcSafeZeroMemory(void *target, size_t bytes) { memset(target, 0, bytes); }

void RhSuppressFinalize(void *object) { (void)object; }

void *RhpHandleAlloc(void *object, int kind) {
    (void)kind;
    void **handle = malloc(sizeof *handle);
    *handle = object;
    return handle;
}

void RhHandleSet(void **handle, void *object) { handle[0] = object; }

void *RhpHandleAllocDependent(void *primary, void *secondary) {
    void **handle = malloc(2 * sizeof *handle);
    handle[0] = primary;
    handle[1] = secondary;
    return handle;
}

void *RhHandleGetDependent(void **handle, void **secondary) {
    *secondary = handle[1];
    return handle[0];
}

// ---- Transitions, and questions about a collector that is not there ----

void RhpReversePInvoke(void *frame) { (void)frame; }

void RhpReversePInvokeReturn(void *frame) { (void)frame; }

void RhpPInvoke(void *frame) { (void)frame; }

void RhpPInvokeReturn(void *frame) { (void)frame; }

void RhpGcPoll(void) {}

int RhGetGcCollectionCount(int generation, int kind) {
    (void)generation, (void)kind;
    return 0;
}

int64_t RhpGetGcTotalMemory(void) { return 0; }

int64_t RhGetCurrentObjSize(void) { return 0; }

int64_t RhGetGCNow(void) { return 0; }

int64_t RhGetLastGCStartTime(int generation) {
    (void)generation;
    return 0;
}

int64_t RhGetLastGCDuration(int generation) {
    (void)generation;
    return 0;
}

void RhpCollect(int generation, int mode, int low_memory) { (void)generation, (void)mode, (void)low_memory; }

// ---- The module: its header is a list of sections, which managed code asks for by number ----

struct module_section {
    int32_t id;
    int32_t has_end;
    char *start;
    char *end;
};

struct module_header {
    char signature[4];
    uint16_t major_version;
    uint16_t minor_version;
    uint32_t flags;
    uint16_t section_count;
    uint8_t section_size;
    uint8_t section_type;
    struct module_section sections[];
};

struct type_manager {
    void *os_module;
    const struct module_header *header;
};

extern void InitializeModules(void *os_module, void **headers, int count, void **functions, int function_count);
extern void *__start___modules[], *__stop___modules[];

void RhpRegisterOsModule(void *os_module) { (void)os_module; }

void *RhRegisterFrozenSegment(void *start, size_t allocated, size_t committed, size_t reserved) {
    (void)allocated, (void)committed, (void)reserved;
    return start;
}

void *RhpCreateTypeManager(void *os_module, const struct module_header *header, void **functions, int function_count) {
    (void)functions, (void)function_count;
    if (memcmp(header->signature, "RTR", 4) != 0 || header->section_size != sizeof(struct module_section)) {
        fprintf(stderr, "arm64: the compiler writes another module header; the pinned versions were changed\n");
        abort();
    }

    struct type_manager *manager = malloc(sizeof *manager);
    manager->os_module = os_module;
    manager->header = header;
    return manager;
}

void *RhpGetModuleSection(struct type_manager **manager, int id, int *length) {
    const struct module_header *header = (*manager)->header;
    for (int i = 0; i < header->section_count; i++) {
        const struct module_section *section = &header->sections[i];
        if (section->id == id) {
            *length = section->has_end ? (int)(section->end - section->start) : (int)sizeof(void *);
            return section->start;
        }
    }

    *length = 0;
    return NULL;
}

void RhRegisterInlinedThreadStaticRoot(void *root, void *manager) { (void)root, (void)manager; }

void runtime_initialize(void) {
    InitializeModules(NULL, __start___modules, (int)(__stop___modules - __start___modules), NULL, 0);
}

// ---- Interface calls: x11 names a cell, which says interface and slot; the resolver is the core library's own ----

struct dispatch_cell {
    void *stub; // null in the last cell of a run, whose other word holds the slot of the whole run
    uintptr_t cache;
};

struct dispatch_cell_info {
    int32_t kind;
    void *interface_type;
    uint16_t slot;
    uint8_t has_cache;
    uint32_t token;
    uint32_t vtable_offset;
};

enum { CellKindMask = 3, CellIsIndirect = 2, CellIsRelative = 3 };

void RhpGetDispatchCellInfo(const struct dispatch_cell *cell, struct dispatch_cell_info *info) {
    const struct dispatch_cell *last = cell;
    while (last->stub != NULL) {
        last++;
    }

    uintptr_t kind = cell->cache & CellKindMask;
    if (kind < CellIsIndirect || last->cache >> 16 != 0) {
        fprintf(stderr, "arm64: a kind of interface call that the stand-in runtime does not know\n");
        abort();
    }

    uintptr_t address = ((uintptr_t)&cell->cache + (intptr_t)(int32_t)cell->cache) & ~(uintptr_t)CellKindMask;
    memset(info, 0, sizeof *info);
    info->interface_type = kind == CellIsRelative ? (void *)address : *(void **)address;
    info->slot = (uint16_t)last->cache;
}

void *RhpSearchDispatchCellCache(void *cell, void *type) {
    (void)cell, (void)type;
    return NULL;
}

void *RhpUpdateDispatchCellCache(void *cell, void *target, void *type, struct dispatch_cell_info *info) {
    (void)cell, (void)type, (void)info;
    return target;
}

// ---- The system ----

void *SystemNative_AlignedAlloc(size_t alignment, size_t bytes) {
    return aligned_alloc(alignment, (bytes + alignment - 1) / alignment * alignment);
}

void SystemNative_AlignedFree(void *memory) { free(memory); }

void *SystemNative_Malloc(size_t bytes) { return malloc(bytes); }

void SystemNative_Free(void *memory) { free(memory); }

int64_t SystemNative_GetTimestamp(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

// Only hash codes of strings ask for random bytes; a run is the same as the last one without them.
void SystemNative_GetNonCryptographicallySecureRandomBytes(void *target, int bytes) { memset(target, 7, (size_t)bytes); }

uint64_t RhCurrentOSThreadId(void) { return 1; }

// Monitors: with one thread nobody waits for one.
void *SystemNative_LowLevelMonitor_Create(void) { return malloc(1); }

void SystemNative_LowLevelMonitor_Destroy(void *monitor) { free(monitor); }

void SystemNative_LowLevelMonitor_Acquire(void *monitor) { (void)monitor; }

void SystemNative_LowLevelMonitor_Release(void *monitor) { (void)monitor; }

void SystemNative_LowLevelMonitor_Signal_Release(void *monitor) { (void)monitor; }
