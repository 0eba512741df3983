/* Uses the library as a game would, and misuses it as a game might. Prints what the model says, and FAILED lines; returns how many there were. */
#include "tinygpt.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>

static int failures;
static int checks;

#define CHECK(condition)                                                                                                                     \
    do {                                                                                                                                     \
        checks++;                                                                                                                            \
        if (!(condition)) {                                                                                                                  \
            char message[500];                                                                                                               \
            tgpt_last_error(message, sizeof message);                                                                                        \
            printf("FAILED line %d: %s (last error: %s)\n", __LINE__, #condition, message);                                                  \
            failures++;                                                                                                                      \
        }                                                                                                                                    \
    } while (0)

static size_t answer(tgpt_engine engine, tgpt_session session, char *text, size_t capacity) {
    size_t total = 0, length = 0;
    tgpt_step_status status = TGPT_WORKING;
    do {
        CHECK(tgpt_step(engine, 1.5, &status) == TGPT_OK);
        do {
            CHECK(tgpt_read(session, text + total, capacity - total, &length) == TGPT_OK);
            total += length;
        } while (length > 0);
    } while (status != TGPT_IDLE && failures == 0);
    return total;
}

static tgpt_session_options talk_options(void) {
    tgpt_session_options options;
    memset(&options, 0, sizeof options);
    options.size = sizeof options;
    options.max_new_tokens = 20;
    return options;
}

static void *fail_elsewhere(void *seen) {
    char message[200];
    *(size_t *)seen = tgpt_last_error(message, sizeof message); /* nothing failed on this thread yet */
    tgpt_close(12345);
    return NULL;
}

static void misuse(tgpt_engine engine, tgpt_session session, const char *directory) {
    char buffer[8], path[1000], message[300];
    size_t length = 1;
    uint64_t handle = 77;
    tgpt_engine_options wrong_size = {4, 1, 1, 0, 0};
    tgpt_engine_options negative = {sizeof(tgpt_engine_options), -1, 1, 0, 0};
    tgpt_session_options options = talk_options();
    const char *bad_stop[] = {NULL};

    CHECK(tgpt_open(NULL, NULL, &handle) == TGPT_INVALID_ARGUMENT && handle == 0);
    CHECK(tgpt_open("no such file", NULL, NULL) == TGPT_INVALID_ARGUMENT);
    CHECK(tgpt_open("no such file", NULL, &handle) == TGPT_FILE);
    CHECK(tgpt_last_error(message, sizeof message) > 0 && strstr(message, "no such file") != NULL);
    CHECK(tgpt_open("\xff\xfe", NULL, &handle) == TGPT_INVALID_ARGUMENT);
    CHECK(tgpt_open("x", &wrong_size, &handle) == TGPT_INVALID_ARGUMENT);
    snprintf(path, sizeof path, "%s/first-lz4.tgpt", directory);
    CHECK(tgpt_open(path, &negative, &handle) == TGPT_INVALID_ARGUMENT);
    snprintf(path, sizeof path, "%s/first-lz4.stage", directory);
    CHECK(tgpt_open(path, NULL, &handle) == TGPT_FILE); /* no model */

    CHECK(tgpt_close(0) == TGPT_INVALID_HANDLE);
    CHECK(tgpt_close(session) == TGPT_INVALID_HANDLE); /* of the other kind */
    CHECK(tgpt_append(engine, "x", 1, 1) == TGPT_INVALID_HANDLE);
    CHECK(tgpt_append(~(uint64_t)0, "x", 1, 1) == TGPT_INVALID_HANDLE);
    CHECK(tgpt_append(session, NULL, 1, 1) == TGPT_INVALID_ARGUMENT);
    CHECK(tgpt_append(session, "x", (size_t)-1, 1) == TGPT_INVALID_ARGUMENT);
    CHECK(tgpt_read(session, buffer, 3, &length) == TGPT_INVALID_ARGUMENT && length == 0);
    CHECK(tgpt_read(session, NULL, 8, &length) == TGPT_INVALID_ARGUMENT);
    CHECK(tgpt_read(session, buffer, 8, NULL) == TGPT_INVALID_ARGUMENT);
    CHECK(tgpt_step(0, 1, NULL) == TGPT_INVALID_HANDLE);
    CHECK(tgpt_step(engine, 0.0 / 0.0, NULL) == TGPT_INVALID_ARGUMENT);
    CHECK(tgpt_choose(session, NULL, 0, &length, NULL) == TGPT_INVALID_ARGUMENT);
    CHECK(tgpt_choose(session, NULL, 2, &length, NULL) == TGPT_INVALID_ARGUMENT);
    CHECK(tgpt_save(session, "/no/such/folder/save", 0) == TGPT_FILE);
    CHECK(tgpt_restore(engine, path, NULL, &handle) == TGPT_FILE); /* the save of a stage */
    options.stops = bad_stop;
    options.stop_count = 1;
    CHECK(tgpt_session_create(engine, &options, &handle) == TGPT_INVALID_ARGUMENT);
    options.stop_count = (size_t)-1;
    CHECK(tgpt_session_create(engine, &options, &handle) == TGPT_INVALID_ARGUMENT);
    options = talk_options();
    options.temperature = -1;
    CHECK(tgpt_session_create(engine, &options, &handle) == TGPT_INVALID_ARGUMENT);

    length = tgpt_last_error(NULL, 0);
    CHECK(length > 5 && tgpt_last_error(buffer, 5) == length && strlen(buffer) == 4);
}

int main(int count, char **arguments) {
    if (count != 3) {
        return 99;
    }

    const char *directory = arguments[1], *save = arguments[2];
    char path[1000], text[4000], again[4000];
    snprintf(path, sizeof path, "%s/first-lz4.tgpt", directory);
    tgpt_engine_options engine_options = {sizeof engine_options, 2, 2, 0, 0};
    tgpt_session_options options = talk_options();
    tgpt_engine engine = 0;
    tgpt_session session = 0, other = 0, third = 0;
    tgpt_finish finish = TGPT_COMPLETE;

    CHECK(tgpt_interface() == 1);
    CHECK(strlen(tgpt_version()) >= 5);
    CHECK(tgpt_open(path, &engine_options, &engine) == TGPT_OK && engine != 0);
    CHECK(tgpt_session_create(engine, &options, &session) == TGPT_OK);
    CHECK(tgpt_append(session, "A room", 6, 1) == TGPT_OK);
    CHECK(tgpt_finished(session, &finish) == TGPT_OK && finish == TGPT_NOT_FINISHED);
    size_t length = answer(engine, session, text, sizeof text);
    CHECK(tgpt_finished(session, &finish) == TGPT_OK && (finish == TGPT_LENGTH || finish == TGPT_END_OF_TEXT));
    printf("%.*s\n", (int)length, text);

    /* Saved in the middle of an answer, a session goes on with the same words. */
    CHECK(tgpt_session_create(engine, &options, &other) == TGPT_OK);
    CHECK(tgpt_session_create(engine, &options, &third) == TGPT_FULL && third == 0);
    CHECK(tgpt_append(other, "A room", 6, 1) == TGPT_OK);
    CHECK(tgpt_step(engine, 0, NULL) == TGPT_OK);
    CHECK(tgpt_save(other, save, 1) == TGPT_OK);
    CHECK(tgpt_session_close(other) == TGPT_OK);
    CHECK(tgpt_session_close(other) == TGPT_INVALID_HANDLE);
    CHECK(tgpt_restore(engine, save, &options, &other) == TGPT_OK);
    CHECK(answer(engine, other, again, sizeof again) == length && memcmp(text, again, length) == 0);

    /* A choice is scored, not generated. */
    const char *choices[] = {"the", "sell", "greet"};
    double scores[3] = {1, 1, 1};
    size_t choice = 9;
    CHECK(tgpt_choose(other, choices, 3, &choice, scores) == TGPT_OK && choice < 3);
    for (int i = 0; i < 3; i++) {
        CHECK(scores[i] < 0 && scores[i] <= scores[choice]);
    }

    CHECK(tgpt_session_close(other) == TGPT_OK);
    misuse(engine, session, directory);

    /* Errors belong to threads. */
    pthread_t thread;
    size_t seen = 1, before = tgpt_last_error(NULL, 0);
    CHECK(pthread_create(&thread, NULL, fail_elsewhere, &seen) == 0 && pthread_join(thread, NULL) == 0);
    CHECK(seen == 0 && tgpt_last_error(NULL, 0) == before);

    CHECK(tgpt_close(engine) == TGPT_OK);
    CHECK(tgpt_read(session, text, sizeof text, &length) == TGPT_INVALID_HANDLE);
    CHECK(tgpt_close(engine) == TGPT_INVALID_HANDLE);
    fprintf(stderr, "%d checks, %d failed\n", checks, failures);
    return failures > 98 ? 98 : failures;
}
