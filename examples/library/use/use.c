#include <stdio.h>
#include "words.h"

int main(void) {
    printf("library: ok\nwords: %d\nsum: %ld\n", CountWords("two birds, one stone"), Add(40, 2));
    return 0;
}
