// Helpers with a calling convention of their own.

    .text

// Write barriers: without a collector they only write. x14: destination, moved on by a word; x15: reference; x13: source of the third.
    .globl RhpAssignRefArm64
    .globl RhpCheckedAssignRefArm64
RhpAssignRefArm64:
RhpCheckedAssignRefArm64:
    str x15, [x14], #8
    ret

    .globl RhpByRefAssignRefArm64
RhpByRefAssignRefArm64:
    ldr x15, [x13], #8
    str x15, [x14], #8
    ret

    .globl RhpAssignRef
RhpAssignRef:
    str x1, [x0]
    ret

// The same as exchanges. There is one thread.
    .globl RhpCheckedLockCmpXchg
RhpCheckedLockCmpXchg:
    ldr x3, [x0]
    cmp x3, x2
    b.ne 1f
    str x1, [x0]
1:  mov x0, x3
    ret

    .globl RhpCheckedXchg
RhpCheckedXchg:
    ldr x2, [x0]
    str x1, [x0]
    mov x0, x2
    ret

// An interface call: x0 is the object, x11 the cell. Keeps every argument, asks for the method, and goes there.
    .globl RhpInitialDynamicInterfaceDispatch
RhpInitialDynamicInterfaceDispatch:
    stp x29, x30, [sp, #-224]!
    mov x29, sp
    stp x0, x1, [sp, #16]
    stp x2, x3, [sp, #32]
    stp x4, x5, [sp, #48]
    stp x6, x7, [sp, #64]
    str x8, [sp, #80]
    stp q0, q1, [sp, #96]
    stp q2, q3, [sp, #128]
    stp q4, q5, [sp, #160]
    stp q6, q7, [sp, #192]
    mov x1, x11
    bl RhpResolveInterfaceMethod
    mov x12, x0
    ldp q0, q1, [sp, #96]
    ldp q2, q3, [sp, #128]
    ldp q4, q5, [sp, #160]
    ldp q6, q7, [sp, #192]
    ldr x8, [sp, #80]
    ldp x6, x7, [sp, #64]
    ldp x4, x5, [sp, #48]
    ldp x2, x3, [sp, #32]
    ldp x0, x1, [sp, #16]
    ldp x29, x30, [sp], #224
    br x12

    .section .note.GNU-stack, "", %progbits
