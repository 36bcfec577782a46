// The softmin -eps log sum_j exp(h_j - |x_i - y_j|^2 / (2 eps)) in three dimensions as plain loops: what a C compiler makes
// of them is the ceiling for a kernel. Reads n points of x, n of y and n numbers h as float32, coordinate by coordinate,
// writes n results as float32, and prints how long each repetition took.
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

// For x <= 0. Below -87 the result no longer counts, and the C library's vector version would call the scalar one.
static inline float exponential(float x) {
  x = x < -87 ? -87 : x;
#ifdef POLYNOMIAL
  const float scaled = x * 1.44269504f;
  const float whole = rintf(scaled);
  const float rest = scaled - whole;
  float power = 1.33335581e-3f;
  power = power * rest + 9.61812911e-3f;
  power = power * rest + 5.55041087e-2f;
  power = power * rest + 2.40226507e-1f;
  power = power * rest + 6.93147181e-1f;
  power = power * rest + 1;
  int32_t bits;
  memcpy(&bits, &power, sizeof bits);
  bits += (int32_t)whole << 23;
  memcpy(&power, &bits, sizeof power);
  return power;
#else
  return expf(x);
#endif
}

static void softmin(int n, const float *restrict x, const float *restrict y, const float *restrict h, float epsilon,
                    float *restrict scores, float *restrict result) {
  const float factor = -0.5f / epsilon;
  const float *restrict y0 = y, *restrict y1 = y + n, *restrict y2 = y + 2 * (size_t)n;
  for (int i = 0; i < n; i++) {
    const float x0 = x[i], x1 = x[n + i], x2 = x[2 * (size_t)n + i];
    float largest = -INFINITY;
    for (int j = 0; j < n; j++) {
      const float d0 = x0 - y0[j], d1 = x1 - y1[j], d2 = x2 - y2[j];
      const float score = h[j] + factor * (d0 * d0 + d1 * d1 + d2 * d2);
      scores[j] = score;
      largest = score > largest ? score : largest;
    }
    float total = 0;
    for (int j = 0; j < n; j++) total += exponential(scores[j] - largest);
    result[i] = -epsilon * (largest + logf(total));
  }
}

static double now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return time.tv_sec + 1e-9 * time.tv_nsec;
}

// The most memory held so far, in MB; 0 where the system does not say.
static double peak_memory(void) {
  FILE *status = fopen("/proc/self/status", "r");
  char line[256];
  long kilobytes = 0;
  while (status && fgets(line, sizeof line, status)) sscanf(line, "VmHWM: %ld kB", &kilobytes);
  if (status) fclose(status);
  return kilobytes * 1024 / 1e6;
}

int main(int count, char **arguments) {
  if (count != 6) return 2;
  const int n = atoi(arguments[3]), repetitions = atoi(arguments[5]);
  const float epsilon = atof(arguments[4]);
  const size_t numbers = 7 * (size_t)n;
  float *input = malloc(numbers * sizeof(float));
  float *scores = malloc(n * sizeof(float)), *result = malloc(n * sizeof(float));
  FILE *file = fopen(arguments[1], "rb");
  if (!input || !scores || !result || !file || fread(input, sizeof(float), numbers, file) != numbers) return 3;
  fclose(file);
  printf("{\"seconds\":[");
  for (int k = 0; k < repetitions; k++) {
    const double began = now();
    softmin(n, input, input + 3 * (size_t)n, input + 6 * (size_t)n, epsilon, scores, result);
    printf("%s%.9f", k ? "," : "", now() - began);
  }
  printf("],\"peak\":%.3f}\n", peak_memory());
  file = fopen(arguments[2], "wb");
  return !file || fwrite(result, sizeof(float), n, file) != (size_t)n || fclose(file);
}
