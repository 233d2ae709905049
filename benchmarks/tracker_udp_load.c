// SPDX-License-Identifier: Apache-2.0
/* Announces to a UDP tracker (BEP 15), many at a time, from many addresses of 127.0.0.0/8.

   cc -O2 -o udp_load tracker_udp_load.c
   udp_load PORT HASHES JOBS name=number...

   HASHES is a text of info-hashes in hex. JOBS of the announces are counted. It first asks for a connection id for each
   address, with fill=1 announces every peer once, prints "ready", waits for a line, and then announces peers by chance:
   one in 32 says that it stops. Names: sockets, flight (questions on the way, of each socket), peers, addresses, wanted,
   seed (of chance), connects (1: each announce is preceded by a connect, as of a client that comes each half hour),
   rate (announces a second; 0: as fast as it goes). Prints answered, lost (no answer within a second), refused, seconds
   and bytes of all answers. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

enum { BATCH = 64, ANSWER = 2048, MAX_SOCKETS = 64, MAX_FLIGHT = 4096, QUESTION = 98 };
enum { CONNECT, ANNOUNCE };
enum { STOPPED = 3, STARTED = 2, EVERYBODY = 4 };
#define LOST_NS 1000000000ull

struct slot { uint64_t sent_ns; uint32_t job, generation; uint8_t kind, is_busy; };
struct line { int fd; uint32_t free_count; uint32_t *free; struct slot *slots; };
/* What is done with each job, and how often. */
struct phase { uint32_t jobs; int is_connect, is_fill, connects; double rate; };
struct total { uint64_t answered, lost, refused, bytes; double seconds; };

static long sockets = 4, flight = 64, peers = 200000, addresses = 50000, wanted = 30, chance_seed = 1, connects, rate, fill;
static struct line lines[MAX_SOCKETS];
static struct sockaddr_in server;
static uint8_t (*hashes)[20];
static uint32_t hash_count;
static uint64_t *ids; /* of each address, as it came */
static uint32_t *again, again_count; /* jobs without an answer, in phases where all must be done */

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
static uint32_t address_of(uint32_t peer) { return (uint32_t)(mix(peer) % (uint64_t)addresses); }
static uint32_t ip_of(uint32_t address) { return htonl(0x7f000000u | (uint32_t)(1 + mix(address + 1000000007ull) % 0xfffffdu)); }
static void put32(uint8_t *at, uint32_t n) { n = htonl(n); memcpy(at, &n, 4); }
static uint32_t get32(const uint8_t *at) { uint32_t n; memcpy(&n, at, 4); return ntohl(n); }

/* A few swarms are large and most are small: the square of a number by chance chooses. */
static const uint8_t *hash_of(uint32_t peer) {
    double one = part(peer + 77777777ull);
    return hashes[(uint32_t)(one * one * hash_count)];
}

static uint32_t peer_of(uint32_t job, const struct phase *phase) {
    return phase->is_fill ? job : (uint32_t)(mix(job + ((uint64_t)chance_seed << 32)) % (uint64_t)peers);
}

static size_t write_connect(uint8_t *to, uint32_t transaction) {
    put32(to, 0x417), put32(to + 4, 0x27101980), put32(to + 8, CONNECT), put32(to + 12, transaction);
    return 16;
}

static size_t write_announce(uint8_t *to, uint32_t transaction, uint32_t peer, uint32_t event) {
    memset(to, 0, QUESTION);
    memcpy(to, &ids[address_of(peer)], 8);
    put32(to + 8, ANNOUNCE), put32(to + 12, transaction);
    memcpy(to + 16, hash_of(peer), 20);
    memcpy(to + 36, "-XX0001-", 8), put32(to + 44, peer);
    put32(to + 68, part(peer + 5555555ull) < 0.75 ? 0 : 1000000); /* left: three of four are seeds */
    put32(to + 80, event);
    put32(to + 92, (uint32_t)wanted);
    uint16_t port = htons((uint16_t)(1024 + mix(peer) / (uint64_t)addresses % 60000));
    memcpy(to + 96, &port, 2);
    return QUESTION;
}

static void must(int is_good, const char *what) {
    if (!is_good) perror(what), exit(1);
}

static void open_line(struct line *line) {
    int on = 1, size = 8 << 20;
    line->fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0);
    must(line->fd >= 0, "socket");
    setsockopt(line->fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof size);
    setsockopt(line->fd, IPPROTO_IP, IP_PKTINFO, &on, sizeof on);
    struct sockaddr_in any = {.sin_family = AF_INET};
    must(bind(line->fd, (struct sockaddr *)&any, sizeof any) == 0, "bind");
    line->slots = calloc((size_t)flight, sizeof *line->slots);
    line->free = calloc((size_t)flight, sizeof *line->free);
    for (line->free_count = 0; line->free_count < flight; line->free_count++) line->free[line->free_count] = line->free_count;
}

/* Send the question of each of some slots, from its own address. */
static void send_slots(struct line *line, const uint32_t *which, int count, const struct phase *phase) {
    static uint8_t questions[BATCH][QUESTION];
    static union { struct cmsghdr head; uint8_t room[CMSG_SPACE(sizeof(struct in_pktinfo))]; } control[BATCH];
    static struct mmsghdr messages[BATCH];
    static struct iovec parts[BATCH];
    uint64_t now = now_ns();
    for (int i = 0; i < count; i++) {
        struct slot *slot = &line->slots[which[i]];
        uint32_t transaction = slot->generation << 12 | which[i], address = slot->job;
        if (!phase->is_connect) address = address_of(peer_of(slot->job, phase));
        if (slot->kind == CONNECT) parts[i].iov_len = write_connect(questions[i], transaction);
        else {
            uint32_t event = phase->is_fill ? STARTED : mix(slot->job + 99991) % 32 ? 0 : STOPPED;
            parts[i].iov_len = write_announce(questions[i], transaction, peer_of(slot->job, phase), event);
        }
        slot->sent_ns = now;
        parts[i].iov_base = questions[i];
        memset(&control[i], 0, sizeof control[i]);
        control[i].head.cmsg_level = IPPROTO_IP, control[i].head.cmsg_type = IP_PKTINFO;
        control[i].head.cmsg_len = CMSG_LEN(sizeof(struct in_pktinfo));
        ((struct in_pktinfo *)CMSG_DATA(&control[i].head))->ipi_spec_dst.s_addr = ip_of(address);
        messages[i].msg_hdr = (struct msghdr){
            .msg_name = &server, .msg_namelen = sizeof server, .msg_iov = &parts[i], .msg_iovlen = 1,
            .msg_control = &control[i], .msg_controllen = sizeof control[i]};
    }
    for (int sent = 0; sent < count;) {
        int done = sendmmsg(line->fd, messages + sent, (unsigned)(count - sent), 0);
        if (done > 0) { sent += done; continue; }
        must(errno == EAGAIN || errno == ENOBUFS || errno == ECONNREFUSED, "sendmmsg");
    }
}

static void set_free(struct line *line, uint32_t which) {
    line->slots[which].is_busy = 0;
    line->slots[which].generation++;
    line->free[line->free_count++] = which;
}

/* An answer: give its slot back, or go on from connect to announce. Returns whether the slot has another question. */
static int take(struct line *line, const uint8_t *data, size_t size, const struct phase *phase, struct total *total) {
    if (size < 8) return -1;
    uint32_t action = get32(data), which = get32(data + 4) & 0xfff;
    if (which >= flight || !line->slots[which].is_busy) return -1;
    struct slot *slot = &line->slots[which];
    if ((get32(data + 4) >> 12) != (slot->generation & 0xfffff)) return -1;
    if (action == slot->kind && action == CONNECT && size >= 16) {
        memcpy(&ids[phase->is_connect ? slot->job : address_of(peer_of(slot->job, phase))], data + 8, 8);
        if (!phase->is_connect) { slot->kind = ANNOUNCE; return (int)which; }
    } else if (action == slot->kind) total->bytes += size;
    else total->refused++;
    total->answered++;
    set_free(line, which);
    return -1;
}

static int receive(struct line *line, const struct phase *phase, struct total *total) {
    static uint8_t answers[BATCH][ANSWER];
    static struct mmsghdr messages[BATCH];
    static struct iovec parts[BATCH];
    uint32_t next[BATCH];
    int next_count = 0;
    for (int i = 0; i < BATCH; i++) {
        parts[i] = (struct iovec){answers[i], ANSWER};
        messages[i].msg_hdr = (struct msghdr){.msg_iov = &parts[i], .msg_iovlen = 1};
    }
    int count = recvmmsg(line->fd, messages, BATCH, MSG_DONTWAIT, NULL);
    for (int i = 0; i < count; i++) {
        int which = take(line, answers[i], messages[i].msg_len, phase, total);
        if (which >= 0) next[next_count++] = (uint32_t)which;
    }
    if (next_count) send_slots(line, next, next_count, phase);
    return count > 0 ? count : 0;
}

/* Whoever waits for a second has lost its question, or its answer. */
static void give_up(struct line *line, int is_repeated, struct total *total) {
    uint64_t now = now_ns();
    for (uint32_t which = 0; which < flight; which++) {
        struct slot *slot = &line->slots[which];
        if (!slot->is_busy || now - slot->sent_ns < LOST_NS) continue;
        total->lost++;
        if (is_repeated) again[again_count++] = slot->job;
        set_free(line, which);
    }
}

static int begin_jobs(struct line *line, uint32_t *next_job, uint64_t allowed, const struct phase *phase) {
    uint32_t which[BATCH];
    int count = 0;
    while (count < BATCH && line->free_count && (again_count || *next_job < allowed)) {
        struct slot *slot = &line->slots[which[count++] = line->free[--line->free_count]];
        slot->job = again_count ? again[--again_count] : (*next_job)++;
        slot->kind = phase->is_connect || phase->connects ? CONNECT : ANNOUNCE;
        slot->is_busy = 1;
    }
    if (count) send_slots(line, which, count, phase);
    return count;
}

static void rest(void) {
    struct pollfd waiting[MAX_SOCKETS];
    for (int i = 0; i < sockets; i++) waiting[i] = (struct pollfd){.fd = lines[i].fd, .events = POLLIN};
    poll(waiting, (nfds_t)sockets, 1);
}

static struct total run(struct phase phase) {
    struct total total = {0};
    int is_repeated = phase.is_connect || phase.is_fill;
    uint32_t next_job = 0;
    uint64_t begin = now_ns(), looked = begin;
    while (total.answered + (is_repeated ? 0 : total.lost) < phase.jobs) {
        uint64_t now = now_ns(), allowed = phase.jobs;
        int moved = 0;
        if (phase.rate > 0 && (double)(now - begin) / 1e9 * phase.rate < phase.jobs)
            allowed = (uint64_t)((double)(now - begin) / 1e9 * phase.rate);
        for (int i = 0; i < sockets; i++) {
            moved += begin_jobs(&lines[i], &next_job, allowed, &phase);
            moved += receive(&lines[i], &phase, &total);
        }
        if (now - looked > LOST_NS / 10) {
            looked = now;
            for (int i = 0; i < sockets; i++) give_up(&lines[i], is_repeated, &total);
        }
        if (!moved) rest();
        must(total.lost < (uint64_t)phase.jobs + 1000000, "the tracker does not answer");
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
        {"sockets", &sockets}, {"flight", &flight}, {"peers", &peers}, {"addresses", &addresses}, {"wanted", &wanted},
        {"seed", &chance_seed}, {"connects", &connects}, {"rate", &rate}, {"fill", &fill}};
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        size_t size = strlen(known[i].name);
        if (!strncmp(text, known[i].name, size) && text[size] == '=') { *known[i].value = atol(text + size + 1); return; }
    }
    fprintf(stderr, "%s: no such option\n", text), exit(2);
}

int main(int count, char **words) {
    if (count < 4) return fprintf(stderr, "udp_load PORT HASHES JOBS name=number...\n"), 2;
    for (int i = 4; i < count; i++) read_option(words[i]);
    must(sockets <= MAX_SOCKETS && flight <= MAX_FLIGHT, "too many sockets, or too much in flight");
    server = (struct sockaddr_in){.sin_family = AF_INET, .sin_port = htons((uint16_t)atoi(words[1])),
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    read_hashes(words[2]);
    ids = calloc((size_t)addresses, sizeof *ids);
    again = calloc((size_t)(sockets * flight), sizeof *again);
    for (int i = 0; i < sockets; i++) open_line(&lines[i]);
    run((struct phase){.jobs = (uint32_t)addresses, .is_connect = 1});
    if (fill) run((struct phase){.jobs = (uint32_t)peers, .is_fill = 1});
    puts("ready"), fflush(stdout);
    if (getchar() == EOF) return 0;
    struct total total = run((struct phase){.jobs = (uint32_t)atol(words[3]), .connects = (int)connects, .rate = (double)rate});
    printf("{\"answered\": %llu, \"lost\": %llu, \"refused\": %llu, \"seconds\": %.6f, \"bytes\": %llu}\n",
           (unsigned long long)total.answered, (unsigned long long)total.lost, (unsigned long long)total.refused,
           total.seconds, (unsigned long long)total.bytes);
    return 0;
}
