#ifdef _WIN32
#define API __declspec(dllexport)
#else
#define API __attribute__((visibility("default")))
#endif
API int Add(int a, int b) { return a + b; }
API int Sub(int a, int b) { return a - b; }
__attribute__((visibility("hidden"))) int hidden(void) { return 1; }
