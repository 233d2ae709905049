// SPDX-License-Identifier: Apache-2.0
/* Announces to an HTTP tracker (BEP 3, 23), on many connections at a time, from many addresses of 127.0.0.0/8.

   cc -O2 -o http_load tracker_http_load.c
   http_load PORT HASHES JOBS name=number...

   HASHES is a text of info-hashes in hex. With fill=1 it first announces every peer once, on connections that stay. It
   prints "ready", waits for a line, and then makes JOBS announces of peers by chance: one in 32 says that it stops.
   Names: lines (connections at a time), peers, addresses, wanted, seed (of chance), stay (1: connections stay, 0: a new
   one for each announce, as most clients do), fill. Prints answered, lost (a connection that ended without an answer),
   refused, seconds and bytes of all answers' bodies. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { QUESTION = 1024, ANSWER = 8192, MAX_LINES = 1024, EVENTS = 128 };
enum { STOPPED = 3, STARTED = 2 };

struct line { int fd, is_open, is_used; uint32_t number, job, got; char answer[ANSWER]; };
struct phase { uint32_t jobs; int is_fill, stays; };
struct total { uint64_t answered, lost, refused, bytes; double seconds; };

static long count_lines = 64, peers = 200000, addresses = 64, wanted = 30, chance_seed = 1, stay, fill;
static struct line lines[MAX_LINES];
static struct sockaddr_in server;
static uint8_t (*hashes)[20];
static uint32_t hash_count, next_job;
static int events;

static uint64_t now_ns(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000ull + (uint64_t)now.tv_nsec;
}

/* splitmix64: the Nth number by chance, the same for every tracker. */
static uint64_t mix(uint64_t n) {
    n += 0x9e3779b97f4a7c15ull;
    n = (n ^ (n >> 30)) * 0xbf58476d1ce4e5b9ull;
    n = (n ^ (n >> 27)) * 0x94d049bb133111ebull;
    return n ^ (n >> 31);
}

static double part(uint64_t n) { return (double)(mix(n) >> 11) / 9007199254740992.0; }
static uint32_t ip_of(uint32_t address) { return htonl(0x7f000000u | (uint32_t)(1 + mix(address + 1000000007ull) % 0xfffffdu)); }

static void must(int is_good, const char *what) {
    if (!is_good) perror(what), exit(1);
}

/* A few swarms are large and most are small: the square of a number by chance chooses. */
static const uint8_t *hash_of(uint32_t peer) {
    double one = part(peer + 77777777ull);
    return hashes[(uint32_t)(one * one * hash_count)];
}

/* A peer speaks from its own address, so a connection that stays speaks for those of one address. */
static uint32_t peer_of(const struct line *line, uint32_t job, const struct phase *phase) {
    uint64_t one = phase->is_fill ? job : mix(job + ((uint64_t)chance_seed << 32)) % (uint64_t)peers;
    uint64_t address = line->number % (uint64_t)addresses;
    one = one - one % (uint64_t)addresses + address;
    return (uint32_t)(one < (uint64_t)peers ? one : address);
}

/* As qBittorrent writes it. */
static size_t write_question(char *to, const struct line *line, uint32_t job, const struct phase *phase) {
    uint32_t peer = peer_of(line, job, phase);
    const uint8_t *hash = hash_of(peer);
    uint32_t event = phase->is_fill ? STARTED : mix(job + 99991) % 32 ? 0 : STOPPED;
    char *at = to + sprintf(to, "GET /announce?info_hash=");
    for (int i = 0; i < 20; i++) {
        int is_plain = (hash[i] >= '0' && hash[i] <= '9') || ((hash[i] | 32) >= 'a' && (hash[i] | 32) <= 'z');
        at += is_plain ? sprintf(at, "%c", hash[i]) : sprintf(at, "%%%02x", hash[i]);
    }
    at += sprintf(at, "&peer_id=-qB4650-%012u&port=%u&uploaded=0&downloaded=0&left=%u&corrupt=0&key=%08X%s&numwant=%ld"
                  "&compact=1&no_peer_id=1&supportcrypto=1&redundant=0 HTTP/1.1\r\nHost: tracker.example.org\r\n"
                  "User-Agent: qBittorrent/4.6.5\r\nAccept-Encoding: gzip\r\nConnection: %s\r\n\r\n",
                  peer, 1024 + (unsigned)(peer / addresses), part(peer + 5555555ull) < 0.75 ? 0 : 1000000, peer,
                  event == STARTED ? "&event=started" : event == STOPPED ? "&event=stopped" : "", wanted,
                  phase->stays ? "keep-alive" : "close");
    return (size_t)(at - to);
}

static void watch(struct line *line, int how) {
    struct epoll_event event = {.events = EPOLLIN, .data.u32 = line->number};
    must(epoll_ctl(events, how, line->fd, &event) == 0, "epoll_ctl");
}

static void open_line(struct line *line) {
    int on = 1;
    line->fd = socket(AF_INET, SOCK_STREAM, 0);
    must(line->fd >= 0, "socket");
    struct sockaddr_in own = {.sin_family = AF_INET, .sin_addr.s_addr = ip_of(line->number % (uint32_t)addresses)};
    setsockopt(line->fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof on);
    setsockopt(line->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    must(bind(line->fd, (struct sockaddr *)&own, sizeof own) == 0, "bind");
    must(connect(line->fd, (struct sockaddr *)&server, sizeof server) == 0, "connect"); /* loopback: at once */
    line->is_open = 1, line->is_used = 0;
    watch(line, EPOLL_CTL_ADD);
}

static void close_line(struct line *line) {
    close(line->fd);
    line->is_open = 0;
}

static void ask_job(struct line *line, const struct phase *phase) {
    char question[QUESTION];
    if (!line->is_open) open_line(line);
    size_t size = write_question(question, line, line->job, phase);
    line->got = 0;
    must(send(line->fd, question, size, MSG_NOSIGNAL) == (ssize_t)size || errno == EPIPE || errno == ECONNRESET, "send");
}

static void ask(struct line *line, const struct phase *phase) {
    if (next_job >= phase->jobs) { if (line->is_open) close_line(line); return; }
    line->job = next_job++;
    ask_job(line, phase);
}

/* Where the body begins, once all of it is there; or NULL. */
static const char *body_of(struct line *line, int is_end, uint32_t *size) {
    line->answer[line->got] = 0;
    char *end = strstr(line->answer, "\r\n\r\n");
    if (!end) return NULL;
    end += 4;
    char *said = strcasestr(line->answer, "\r\nContent-Length:");
    *size = line->got - (uint32_t)(end - line->answer);
    if (said && said < end) return *size >= (uint32_t)atol(said + 17) ? end : NULL;
    return is_end ? end : NULL;
}

static void take(struct line *line, const struct phase *phase, struct total *total) {
    uint32_t size;
    ssize_t more = recv(line->fd, line->answer + line->got, ANSWER - 1 - line->got, 0);
    if (more > 0) line->got += (uint32_t)more;
    int is_end = more <= 0;
    const char *body = body_of(line, is_end, &size);
    if (!body && !is_end) return;
    if (body && size) {
        total->answered++, total->bytes += size;
        if (memcmp(body, "d8:complete", 11)) {
            if (!total->refused++) fprintf(stderr, "%.*s\n", (int)size, body);
        }
    } else if (line->is_used) { /* it was to stay, and did not: as clients do, ask again on a new one */
        close_line(line);
        ask_job(line, phase);
        return;
    } else total->lost++;
    line->is_used = 1;
    if (!phase->stays || is_end) close_line(line);
    ask(line, phase);
}

static struct total run(struct phase phase) {
    struct total total = {0};
    uint64_t begin = now_ns();
    next_job = 0;
    for (long i = 0; i < count_lines; i++) lines[i].number = (uint32_t)i, ask(&lines[i], &phase);
    while (total.answered + total.lost < phase.jobs) {
        struct epoll_event ready[EVENTS];
        int count = epoll_wait(events, ready, EVENTS, 10000);
        must(count > 0, "the tracker does not answer");
        for (int i = 0; i < count; i++) take(&lines[ready[i].data.u32], &phase, &total);
    }
    total.seconds = (double)(now_ns() - begin) / 1e9;
    return total;
}

static void read_hashes(const char *path) {
    FILE *file = fopen(path, "r");
    must(file != NULL, path);
    hashes = malloc(20 * 10000000ul);
    for (char text[128]; fgets(text, sizeof text, file); hash_count++)
        for (int i = 0; i < 20; i++) sscanf(text + 2 * i, "%2hhx", &hashes[hash_count][i]);
    fclose(file);
}

static void read_option(const char *text) {
    static const struct { const char *name; long *value; } known[] = {
        {"lines", &count_lines}, {"peers", &peers}, {"addresses", &addresses}, {"wanted", &wanted},
        {"seed", &chance_seed}, {"stay", &stay}, {"fill", &fill}};
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        size_t size = strlen(known[i].name);
        if (!strncmp(text, known[i].name, size) && text[size] == '=') { *known[i].value = atol(text + size + 1); return; }
    }
    fprintf(stderr, "%s: no such option\n", text), exit(2);
}

int main(int count, char **words) {
    if (count < 4) return fprintf(stderr, "http_load PORT HASHES JOBS name=number...\n"), 2;
    for (int i = 4; i < count; i++) read_option(words[i]);
    must(count_lines <= MAX_LINES, "too many lines");
    server = (struct sockaddr_in){.sin_family = AF_INET, .sin_port = htons((uint16_t)atoi(words[1])),
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    read_hashes(words[2]);
    events = epoll_create1(0);
    if (fill) run((struct phase){.jobs = (uint32_t)peers, .is_fill = 1, .stays = 1});
    puts("ready"), fflush(stdout);
    if (getchar() == EOF) return 0;
    struct total total = run((struct phase){.jobs = (uint32_t)atol(words[3]), .stays = (int)stay});
    printf("{\"answered\": %llu, \"lost\": %llu, \"refused\": %llu, \"seconds\": %.6f, \"bytes\": %llu}\n",
           (unsigned long long)total.answered, (unsigned long long)total.lost, (unsigned long long)total.refused,
           total.seconds, (unsigned long long)total.bytes);
    return 0;
}
