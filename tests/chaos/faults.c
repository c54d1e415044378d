// Loaded before the C library (LD_PRELOAD): makes the disk of a process slow, full or broken, and its clock wrong, as a
// file tells that the test writes to meanwhile. Only files whose name holds FAULTS_NAME are touched.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

// What faults.ts writes.
struct control {
  int32_t write_errno;     // of pwrite and ftruncate; 0: none
  int32_t sync_errno;      // of fsync; the data is written all the same
  int32_t one_in;          // an error comes with every n-th call
  int32_t delay_us;        // before each write and sync; 0 ends those under way
  int64_t clock_offset_ms; // on the wall clock
};

static volatile struct control *control;
static const char *name;
static uint32_t calls;

__attribute__((constructor)) static void begin(void) {
  const char *path = getenv("FAULTS_FILE");
  name = getenv("FAULTS_NAME");
  int fd = path ? open(path, O_RDONLY | O_CLOEXEC) : -1;
  if (fd < 0) return;
  void *memory = mmap(NULL, sizeof(struct control), PROT_READ, MAP_SHARED, fd, 0);
  if (memory != MAP_FAILED) control = memory;
  close(fd);
}

static int concerns(int fd) {
  if (!control || !name) return 0;
  if (!control->write_errno && !control->sync_errno && !control->delay_us) return 0;
  char link[64], path[4096];
  snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  ssize_t length = readlink(link, path, sizeof path - 1);
  if (length <= 0) return 0;
  path[length] = 0;
  return strstr(path, name) != NULL;
}

static void wait_delay(void) {
  const int32_t slice_us = 20000;
  for (int32_t left_us = control->delay_us; left_us > 0 && control->delay_us; left_us -= slice_us)
    usleep(left_us < slice_us ? left_us : slice_us);
}

// The error to give, after the delay.
static int fault(int fd, int32_t error) {
  if (!concerns(fd)) return 0;
  wait_delay();
  if (!error) return 0;
  return __atomic_add_fetch(&calls, 1, __ATOMIC_RELAXED) % (uint32_t)control->one_in == 0 ? error : 0;
}

#define REAL(f) ((__typeof__(f) *)real(&real_##f, #f))
static void *real(void **found, const char *function) {
  if (!*found) *found = dlsym(RTLD_NEXT, function);
  return *found;
}
static void *real_pwrite64, *real_fsync, *real_fdatasync, *real_ftruncate64, *real_clock_gettime, *real_gettimeofday;

ssize_t pwrite64(int fd, const void *bytes, size_t count, off64_t at) {
  int error = fault(fd, control ? control->write_errno : 0);
  if (error) {
    // A full disk takes a part of what it is given.
    if (error == ENOSPC && count > 1) REAL(pwrite64)(fd, bytes, count / 2, at);
    errno = error;
    return -1;
  }
  return REAL(pwrite64)(fd, bytes, count, at);
}

int ftruncate64(int fd, off64_t length) {
  int error = fault(fd, control ? control->write_errno : 0);
  if (error) return errno = error, -1;
  return REAL(ftruncate64)(fd, length);
}

int fsync(int fd) {
  int done = REAL(fsync)(fd);
  int error = fault(fd, control ? control->sync_errno : 0);
  if (error) return errno = error, -1;
  return done;
}

int fdatasync(int fd) {
  int done = REAL(fdatasync)(fd);
  int error = fault(fd, control ? control->sync_errno : 0);
  if (error) return errno = error, -1;
  return done;
}

int clock_gettime(clockid_t clock, struct timespec *now) {
  int done = REAL(clock_gettime)(clock, now);
  if (control && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE)) now->tv_sec += control->clock_offset_ms / 1000;
  return done;
}

int gettimeofday(struct timeval *now, void *zone) {
  int done = REAL(gettimeofday)(now, zone);
  if (control) now->tv_sec += control->clock_offset_ms / 1000;
  return done;
}
