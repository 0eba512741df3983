/*
 * TinyGpt for C, and for whatever can call C: GPT models in the process, on a time budget, with the same text on every machine.
 *
 * Results    Functions return TGPT_OK or an error of tgpt_result, and tgpt_last_error tells the calling thread why its last call failed. No
 *            exception and no signal crosses this interface, whatever the arguments are, as long as pointers point to what they claim.
 * Handles    An engine and a session are numbers, never pointers. A handle that was closed, is of the other kind or was made up is refused with
 *            TGPT_INVALID_HANDLE; numbers are not used again.
 * Ownership  The caller owns every buffer that it passes; the library keeps none after the call. What tgpt_version returns belongs to the
 *            library and stays. tgpt_close also closes the engine's sessions.
 * Threads    An engine and its sessions belong to one thread at a time. A call while another thread is inside the same engine fails with
 *            TGPT_BUSY and changes nothing. Different engines are independent.
 * Text       UTF-8, with a length in bytes. What tgpt_read gives never ends within a character.
 */
#ifndef TINYGPT_H
#define TINYGPT_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#if defined(_WIN32)
#define TGPT_API __declspec(dllimport)
#else
#define TGPT_API
#endif

typedef uint64_t tgpt_engine;  /* 0 is never a handle */
typedef uint64_t tgpt_session;

typedef enum tgpt_result {
    TGPT_OK = 0,
    TGPT_INVALID_ARGUMENT = 1, /* a null pointer, a number out of range, text that is not UTF-8 */
    TGPT_INVALID_HANDLE = 2,
    TGPT_FILE = 3,             /* missing, unreadable, damaged, or of another model */
    TGPT_FULL = 4,             /* no free session, no room in the context, or no memory */
    TGPT_BUSY = 5,             /* another thread is inside the engine */
    TGPT_FAILED = 6            /* anything else; tgpt_last_error has it */
} tgpt_result;

typedef enum tgpt_step_status {
    TGPT_IDLE = 0,    /* nothing is left to do */
    TGPT_WORKING = 1, /* the budget is spent and there is more to do */
    TGPT_WAITING = 2  /* all that is left waits for tgpt_read */
} tgpt_step_status;

typedef enum tgpt_finish {
    TGPT_NOT_FINISHED = 0,
    TGPT_LENGTH = 1,       /* max_new_tokens were generated */
    TGPT_STOP = 2,         /* a stop string was */
    TGPT_END_OF_TEXT = 3,
    TGPT_CONTEXT_FULL = 4,
    TGPT_MEMORY_FULL = 5,  /* no free page of keys and values */
    TGPT_STOPPED = 6,
    TGPT_COMPLETE = 7,     /* what was to be scored is */
    TGPT_NON_FINITE_LOGITS = 8,
    TGPT_SHORTENED = 9     /* a constraint ended the answer in time; this interface sets none */
} tgpt_finish;

/* Set size to sizeof(the struct), and everything that you do not care about to 0: memset and size are enough. */
typedef struct tgpt_engine_options {
    uint32_t size;
    int32_t max_sessions;    /* sessions at a time; 0: 1 */
    int32_t threads;         /* threads that compute, the caller's among them; 0: 1, which starts none */
    int32_t planned_context; /* tokens a session is to have room for; 0: what the model can */
    int32_t kv_int8;         /* 1: keys and values as int8, a quarter of the memory */
} tgpt_engine_options;

typedef struct tgpt_session_options {
    uint32_t size;
    int32_t max_new_tokens;      /* of an answer; 0: 256 */
    uint64_t seed;
    float temperature;           /* 0: the likeliest token, always */
    float top_p;                 /* 0: off, as 1 */
    float min_p;                 /* 0: off */
    int32_t top_k;               /* 0: off */
    float repetition_penalty;    /* 0: off, as 1 */
    const char *const *stops;    /* NUL-terminated strings that end an answer, or NULL */
    size_t stop_count;
} tgpt_session_options;

/* "0.1.0". The layout of this file is version 1 of the interface; tgpt_interface says which one the library has. */
TGPT_API const char *tgpt_version(void);
TGPT_API int32_t tgpt_interface(void);

/* Copies the calling thread's last error, cut to fit and NUL-terminated, and gives its whole length in bytes. buffer may be NULL if capacity is 0. */
TGPT_API size_t tgpt_last_error(char *buffer, size_t capacity);

/* Opens a .tgpt file. options may be NULL. */
TGPT_API tgpt_result tgpt_open(const char *path, const tgpt_engine_options *options, tgpt_engine *engine);
TGPT_API tgpt_result tgpt_close(tgpt_engine engine);

/* Starts an empty session. options may be NULL: the likeliest token, at most 256 of them. */
TGPT_API tgpt_result tgpt_session_create(tgpt_engine engine, const tgpt_session_options *options, tgpt_session *session);
TGPT_API tgpt_result tgpt_session_close(tgpt_session session);

/* Appends text. With answer != 0 the session is to answer it; nothing is computed before tgpt_step. */
TGPT_API tgpt_result tgpt_append(tgpt_session session, const char *utf8, size_t length, int32_t answer);

/* Computes for all sessions of the engine until the time is over (a negative one: until nothing is left to do). status may be NULL. */
TGPT_API tgpt_result tgpt_step(tgpt_engine engine, double milliseconds, tgpt_step_status *status);

/* Takes generated text. length is 0 when there is none yet; capacity has to be 4 or more. */
TGPT_API tgpt_result tgpt_read(tgpt_session session, char *utf8, size_t capacity, size_t *length);

/* Why the session stopped, or TGPT_NOT_FINISHED. */
TGPT_API tgpt_result tgpt_finished(tgpt_session session, tgpt_finish *finish);

/* Ends the answer, or the scoring, that is under way. */
TGPT_API tgpt_result tgpt_stop(tgpt_session session);

/*
 * Which of the choices the model holds likeliest as the continuation of the session's text, by the sum of its tokens' log-probabilities.
 * Computes on the calling thread until it knows, for the engine's other sessions too. The session's text is as before then; an answer that was
 * under way is stopped, and unread text is dropped. log_probabilities takes one number for each choice, or is NULL.
 */
TGPT_API tgpt_result tgpt_choose(
    tgpt_session session, const char *const *choices, size_t count, size_t *choice, double *log_probabilities);

/* Saves to a file that is replaced when the new one is whole. keys_and_values != 0: larger, but nothing is read again when restored. */
TGPT_API tgpt_result tgpt_save(tgpt_session session, const char *path, int32_t keys_and_values);

/* A session as it was saved, of the same model; give the options that it had. */
TGPT_API tgpt_result tgpt_restore(tgpt_engine engine, const char *path, const tgpt_session_options *options, tgpt_session *session);

#ifdef __cplusplus
}
#endif

#endif
