/* caches: what a read of memory costs after the process has slept, on a machine that is shared.
 *
 *   cc -O2 -o caches caches.c && taskset -c 1 ./caches
 *
 * Sleeps, then reads each cache line of a block once, in an order that cannot be guessed, and tells nanoseconds a line
 * (median of 200 times) for several sleeps and sizes. A loop of arithmetic, in microseconds, says whether the processor
 * itself became slower.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

enum { LINE = 64, TIMES = 200 };

static volatile uint64_t sink;

static double now_us(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * 1e6 + t.tv_nsec / 1e3;
}

static void arithmetic(void) {
    uint64_t x = 1;
    for (int i = 0; i < 50000; i++) {
        x = x * 6364136223846793005ULL + 1442695040888963407ULL;
        x ^= x >> 13;
    }
    sink = x;
}

/* Lines that point at each other in a ring, in random order. */
static void **ring(size_t lines) {
    char *block = aligned_alloc(4096, lines * LINE);
    size_t *order = malloc(lines * sizeof *order);
    if (!block || !order) exit(1);
    for (size_t i = 0; i < lines; i++) order[i] = i;
    for (size_t i = lines - 1; i > 0; i--) {
        size_t j = rand() % i, kept = order[i];
        order[i] = order[j];
        order[j] = kept;
    }
    for (size_t i = 0; i < lines; i++)
        *(void **)(block + LINE * order[i]) = block + LINE * order[(i + 1) % lines];
    free(order);
    return (void **)block;
}

static void read_all(void **at, size_t lines) {
    while (lines--) at = (void **)*at;
    sink = (uint64_t)(uintptr_t)at;
}

static int by_value(const void *a, const void *b) {
    double difference = *(const double *)a - *(const double *)b;
    return difference < 0 ? -1 : difference > 0;
}

int main(void) {
    const unsigned sleeps[] = {0, 200, 500, 1000, 2000, 5000};
    const size_t kib[] = {16, 256, 768, 3072};
    enum { SIZES = sizeof kib / sizeof *kib };
    void **rings[SIZES];
    double times[TIMES];
    for (int i = 0; i < SIZES; i++) rings[i] = ring(kib[i] * 1024 / LINE);
    for (size_t s = 0; s < sizeof sleeps / sizeof *sleeps; s++) {
        printf("sleep %4u us:", sleeps[s]);
        for (int size = -1; size < SIZES; size++) {
            size_t lines = size < 0 ? 0 : kib[size] * 1024 / LINE;
            for (int i = 0; i < TIMES; i++) {
                if (sleeps[s]) usleep(sleeps[s]);
                double began = now_us();
                if (size < 0) arithmetic();
                else read_all(rings[size], lines);
                times[i] = now_us() - began;
            }
            qsort(times, TIMES, sizeof *times, by_value);
            if (size < 0) printf("  arithmetic %.0f us", times[TIMES / 2]);
            else printf("  %zu KiB %.0f ns", kib[size], times[TIMES / 2] * 1e3 / lines);
        }
        printf("\n");
    }
}
