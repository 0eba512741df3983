#include <stdio.h>
#include <stdlib.h>
#include <stdint.h>
extern void runtime_initialize(void); extern uint64_t arm64_decode(int,int,int);
int main(int c,char**v){ runtime_initialize(); fprintf(stderr,"init done\n"); printf("%016llx\n",(unsigned long long)arm64_decode(atoi(v[1]),atoi(v[2]),atoi(v[3]))); return 0; }
