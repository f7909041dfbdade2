#include "words.h"

#include <cstring>
#include <map>
#include <sstream>
#include <stdexcept>
#include <string>

namespace {

char *copy(const std::string &s) { return strdup(s.c_str()); }

int divide(int a, int b) {
  if (b == 0) {
    throw std::invalid_argument("division of " + std::to_string(a) + " by zero");
  }
  return a / b;
}

struct Counter {
  int &n;
  ~Counter() { n++; }
};

void descend(int frames, int &unwound) {
  Counter counter{unwound};
  if (frames <= 1) {
    throw std::runtime_error("bottom");
  }
  descend(frames - 1, unwound);
}

}  // namespace

char *count_words(const char *text) {
  std::map<std::string, int> counts;
  std::istringstream in{std::string(text)};
  for (std::string word; in >> word;) {
    counts[word]++;
  }
  std::string out;
  for (const auto &[word, n] : counts) {
    out += (out.empty() ? "" : " ") + word + "=" + std::to_string(n);
  }
  return copy(out);
}

char *checked_divide(int a, int b, int *result) {
  try {
    *result = divide(a, b);
    return nullptr;
  } catch (const std::exception &e) {
    return copy(e.what());
  }
}

int deep_throw(int frames) {
  int unwound = 0;
  try {
    descend(frames, unwound);
  } catch (const std::runtime_error &) {
  }
  return unwound;
}
