#ifndef WORDS_H
#define WORDS_H

#ifdef __cplusplus
extern "C" {
#endif

/* count_words gives the words of a text with how often each occurs, sorted: "a=2 b=1". The caller frees it. */
char *count_words(const char *text);

/* checked_divide gives a / b in *result and nullptr, or the text of the exception it caught. The caller frees it. */
char *checked_divide(int a, int b, int *result);

/* deep_throw throws a std::runtime_error through that many frames and gives how many destructors ran on the way. */
int deep_throw(int frames);

#ifdef __cplusplus
}
#endif

#endif
