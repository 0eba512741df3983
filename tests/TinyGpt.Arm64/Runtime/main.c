// usage: checks dotprod|plain - runs the compiled checks; ends with 1 if any failed.
#include <stdio.h>
#include <string.h>

extern void runtime_initialize(void);
extern int arm64_run_checks(int with_dot_product, void (*write_line)(const char *line));

static void write_line(const char *line) {
    puts(line);
    fflush(stdout);
}

int main(int count, char **arguments) {
    runtime_initialize();
    return arm64_run_checks(count > 1 && strcmp(arguments[1], "dotprod") == 0, write_line) == 0 ? 0 : 1;
}
