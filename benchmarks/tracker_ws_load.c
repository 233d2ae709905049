// SPDX-License-Identifier: Apache-2.0
/* Browsers at a WebSocket tracker (the WebTorrent tracker protocol): they announce with offers, and answer those of others.

   cc -O2 -o ws_load tracker_ws_load.c
   ws_load PORT HASHES JOBS name=number...

   HASHES is a text of info-hashes in hex. Each of many connections is in many swarms. First each announces itself in all
   of its swarms, without offers; then "ready" is printed, a line is waited for, and JOBS announces with offers are made.
   Every offer that arrives is answered. Names: lines (connections), peers (of all together), flight (announces on the way),
   offers (of one announce), seed (of chance). Prints answered, refused, seconds, bytes (of all that arrived), and how many
   offers and answers arrived. */
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
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { ROOM = 262144, MESSAGE = 65000, EVENTS = 128, ADDRESSES = 64 };

struct line { int fd, is_busy; uint32_t number, got; char *in; };
struct total { uint64_t answered, refused, bytes, offered, agreed; double seconds; };

static long count_lines = 1000, peers = 200000, flight = 64, offers = 5, chance_seed = 1;
static struct line *lines;
static struct sockaddr_in server;
static uint8_t (*hashes)[20];
static uint32_t hash_count;
static int events;
static uint64_t serial;

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

static void must(int is_good, const char *what) {
    if (!is_good) perror(what), exit(1);
}

/* A few swarms are large and most are small: the square of a number by chance chooses. */
static const uint8_t *hash_of(uint64_t peer) {
    double one = part(peer + 77777777ull);
    return hashes[(uint32_t)(one * one * hash_count)];
}

/* A hash as a string of JSON whose characters are bytes, in UTF-8. */
static size_t write_hash(char *to, const uint8_t *hash) {
    char *at = to;
    for (int i = 0; i < 20; i++) {
        if (hash[i] < 32) at += sprintf(at, "\\u%04x", hash[i]);
        else if (hash[i] == '"' || hash[i] == '\\') *at++ = '\\', *at++ = (char)hash[i];
        else if (hash[i] < 128) *at++ = (char)hash[i];
        else *at++ = (char)(0xc0 | hash[i] >> 6), *at++ = (char)(0x80 | (hash[i] & 63));
    }
    return (size_t)(at - to);
}

/* What a browser offers for a data channel: some 1,800 bytes, with six ways to reach it. */
static size_t write_sdp(char *to) {
    uint64_t one = mix(serial++);
    char *at = to + sprintf(to, "v=0\\r\\no=- %llu 2 IN IP4 127.0.0.1\\r\\ns=-\\r\\nt=0 0\\r\\na=group:BUNDLE 0\\r\\n"
        "a=extmap-allow-mixed\\r\\na=msid-semantic: WMS\\r\\nm=application 9 UDP/DTLS/SCTP webrtc-datachannel\\r\\n"
        "c=IN IP4 0.0.0.0\\r\\n", (unsigned long long)(one >> 1));
    for (int i = 0; i < 6; i++)
        at += sprintf(at, "a=candidate:%u 1 udp %u 2001:db8:%x:%x::%x %u typ %s generation 0 network-id %d "
                      "network-cost 10 ufrag %04x\\r\\n", (unsigned)(one >> i) & 0xfffffff, 2122262783u - (unsigned)i * 256,
                      (unsigned)(one >> 8) & 0xffff, (unsigned)(one >> 24) & 0xffff, i, 49152u + (unsigned)(one >> (i + 4)) % 16000u,
                      i < 3 ? "host" : "srflx raddr 192.168.178.201 rport 51413", i + 1, (unsigned)one & 0xffff);
    at += sprintf(at, "a=ice-ufrag:%04x\\r\\na=ice-pwd:%016llx%08x\\r\\na=ice-options:trickle\\r\\na=fingerprint:sha-256 ",
                  (unsigned)one & 0xffff, (unsigned long long)mix(one), (unsigned)one);
    for (int i = 0; i < 32; i++) at += sprintf(at, "%02X%s", (unsigned)(mix(one + (unsigned)i) & 255), i < 31 ? ":" : "");
    return (size_t)(at + sprintf(at, "\\r\\na=setup:actpass\\r\\na=mid:0\\r\\na=sctp-port:5000\\r\\na=max-message-size:262144\\r\\n") - to);
}

/* One text frame, masked as those of clients must be (RFC 6455, 5.3). */
static void send_text(struct line *line, const char *text, size_t size) {
    static uint8_t frame[MESSAGE + 16];
    uint8_t mask[4];
    uint32_t one = (uint32_t)mix(serial++);
    size_t head = size < 126 ? 2 : 4;
    memcpy(mask, &one, 4);
    frame[0] = 0x81, frame[1] = (uint8_t)(0x80 | (size < 126 ? size : 126));
    if (size >= 126) frame[2] = (uint8_t)(size >> 8), frame[3] = (uint8_t)size;
    memcpy(frame + head, mask, 4);
    for (size_t i = 0; i < size; i++) frame[head + 4 + i] = (uint8_t)text[i] ^ mask[i & 3];
    for (size_t sent = 0, all = head + 4 + size; sent < all;) {
        ssize_t done = send(line->fd, frame + sent, all - sent, MSG_NOSIGNAL);
        must(done > 0, "send");
        sent += (size_t)done;
    }
}

static void announce(struct line *line, uint64_t peer, long count) {
    static char text[MESSAGE];
    char *at = text + sprintf(text, "{\"numwant\":%ld,\"uploaded\":0,\"downloaded\":0,\"left\":1000000,\"offers\":[", count);
    for (long i = 0; i < count; i++) {
        at += sprintf(at, "%s{\"offer\":{\"type\":\"offer\",\"sdp\":\"", i ? "," : "");
        at += write_sdp(at);
        at += sprintf(at, "\"},\"offer_id\":\"%020llu\"}", (unsigned long long)(mix(serial++) % 10000000000000000000ull));
    }
    at += sprintf(at, "]%s,\"action\":\"announce\",\"info_hash\":\"", count ? "" : ",\"event\":\"started\"");
    at += write_hash(at, hash_of(peer));
    at += sprintf(at, "\",\"peer_id\":\"-WW0105-%012u\"}", line->number);
    line->is_busy = 1;
    send_text(line, text, (size_t)(at - text));
}

/* The text of a string as it stands in a message. */
static int find(const char *text, const char *name, const char **from, int *size) {
    const char *at = strstr(text, name);
    if (!at) return 0;
    *from = at += strlen(name);
    while (*at && *at != '"') at += *at == '\\' && at[1] ? 2 : 1;
    *size = (int)(at - *from);
    return 1;
}

static void answer(struct line *line, const char *text) {
    static char reply[MESSAGE], sdp[4096];
    const char *hash, *peer, *offer;
    int hash_size, peer_size, offer_size;
    if (!find(text, "\"info_hash\":\"", &hash, &hash_size) || !find(text, "\"peer_id\":\"", &peer, &peer_size)
        || !find(text, "\"offer_id\":\"", &offer, &offer_size)) { fprintf(stderr, "%s\n", text); exit(1); }
    sdp[write_sdp(sdp)] = 0;
    int size = sprintf(reply, "{\"action\":\"announce\",\"info_hash\":\"%.*s\",\"peer_id\":\"-WW0105-%012u\",\"to_peer_id\":\"%.*s\","
                       "\"answer\":{\"type\":\"answer\",\"sdp\":\"%s\"},\"offer_id\":\"%.*s\"}", hash_size, hash, line->number,
                       peer_size, peer, sdp, offer_size, offer);
    send_text(line, reply, (size_t)size);
}

/* A message: whether it is the answer to an announce. */
static int take(struct line *line, char *text, size_t size, struct total *total) {
    char end = text[size];
    int is_own = 0;
    text[size] = 0;
    total->bytes += size;
    if (strstr(text, "\"offer\":{")) total->offered++, answer(line, text);
    else if (strstr(text, "\"answer\":{")) total->agreed++;
    else if (strstr(text, "\"interval\"")) is_own = 1, total->answered++, line->is_busy = 0;
    else if (!total->refused++) fprintf(stderr, "%s\n", text);
    text[size] = end;
    return is_own;
}

/* All whole frames of a line; how many of them were answers to announces. */
static int receive(struct line *line, struct total *total) {
    int own = 0;
    size_t at = 0;
    ssize_t more = recv(line->fd, line->in + line->got, ROOM - 1 - line->got, MSG_DONTWAIT);
    if (more < 0 && errno == EAGAIN) return 0;
    must(more > 0, "the tracker ended a connection");
    line->got += (uint32_t)more;
    while (line->got - at >= 4) {
        const uint8_t *head = (const uint8_t *)line->in + at;
        size_t size = head[1] & 127, skip = 2;
        if (size == 126) size = (size_t)head[2] << 8 | head[3], skip = 4;
        if (line->got - at < skip + size) break;
        if ((head[0] & 15) == 1) own += take(line, line->in + at + skip, size, total);
        at += skip + size;
    }
    memmove(line->in, line->in + at, line->got - at);
    line->got -= (uint32_t)at;
    return own;
}

/* Announce until all jobs are answered, and what they led to has arrived. */
static struct total run(uint32_t jobs, int is_fill) {
    struct total total = {0};
    uint64_t begin = now_ns(), each = (uint64_t)(peers / count_lines);
    uint32_t next = 0, quiet = 0;
    while (total.answered + total.refused < jobs || !quiet) {
        while (next < jobs && next < total.answered + total.refused + (uint64_t)flight) {
            uint64_t chance = is_fill ? next : mix(next + ((uint64_t)chance_seed << 32));
            struct line *line = &lines[chance % (uint64_t)count_lines];
            while (line->is_busy) line = &lines[(line->number + 1) % count_lines];
            announce(line, line->number * each + chance / (uint64_t)count_lines % each, is_fill ? 0 : offers);
            next++;
        }
        struct epoll_event ready[EVENTS];
        int is_done = total.answered + total.refused >= jobs, count = epoll_wait(events, ready, EVENTS, is_done ? 50 : 10000);
        must(count > 0 || is_done, "the tracker does not answer");
        quiet = count == 0;
        if (!quiet) total.seconds = (double)(now_ns() - begin) / 1e9;
        for (int i = 0; i < count; i++) receive(&lines[ready[i].data.u32], &total);
    }
    return total;
}

static void open_line(struct line *line) {
    int on = 1;
    char answer[1024] = "";
    static const char question[] = "GET / HTTP/1.1\r\nHost: tracker.example.org\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\nOrigin: https://data.example.org\r\n\r\n";
    struct sockaddr_in own = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(0x7f000001u + (line->number % ADDRESSES) * 256)};
    line->fd = socket(AF_INET, SOCK_STREAM, 0);
    setsockopt(line->fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof on);
    setsockopt(line->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    must(bind(line->fd, (struct sockaddr *)&own, sizeof own) == 0, "bind");
    must(connect(line->fd, (struct sockaddr *)&server, sizeof server) == 0, "connect");
    must(send(line->fd, question, sizeof question - 1, 0) > 0, "send");
    must(recv(line->fd, answer, sizeof answer - 1, 0) > 0 && !strncmp(answer, "HTTP/1.1 101", 12), "no WebSocket");
    line->in = malloc(ROOM);
    struct epoll_event event = {.events = EPOLLIN, .data.u32 = line->number};
    must(epoll_ctl(events, EPOLL_CTL_ADD, line->fd, &event) == 0, "epoll_ctl");
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
        {"lines", &count_lines}, {"peers", &peers}, {"flight", &flight}, {"offers", &offers}, {"seed", &chance_seed}};
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        size_t size = strlen(known[i].name);
        if (!strncmp(text, known[i].name, size) && text[size] == '=') { *known[i].value = atol(text + size + 1); return; }
    }
    fprintf(stderr, "%s: no such option\n", text), exit(2);
}

int main(int count, char **words) {
    if (count < 4) return fprintf(stderr, "ws_load PORT HASHES JOBS name=number...\n"), 2;
    for (int i = 4; i < count; i++) read_option(words[i]);
    struct rlimit limit;
    getrlimit(RLIMIT_NOFILE, &limit), limit.rlim_cur = limit.rlim_max, setrlimit(RLIMIT_NOFILE, &limit);
    server = (struct sockaddr_in){.sin_family = AF_INET, .sin_port = htons((uint16_t)atoi(words[1])),
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    read_hashes(words[2]);
    events = epoll_create1(0);
    lines = calloc((size_t)count_lines, sizeof *lines);
    for (long i = 0; i < count_lines; i++) lines[i].number = (uint32_t)i, open_line(&lines[i]);
    run((uint32_t)peers, 1);
    puts("ready"), fflush(stdout);
    if (getchar() == EOF) return 0;
    struct total total = run((uint32_t)atol(words[3]), 0);
    printf("{\"answered\": %llu, \"lost\": 0, \"refused\": %llu, \"seconds\": %.6f, \"bytes\": %llu, \"offered\": %llu, \"agreed\": %llu}\n",
           (unsigned long long)total.answered, (unsigned long long)total.refused, total.seconds,
           (unsigned long long)total.bytes, (unsigned long long)total.offered, (unsigned long long)total.agreed);
    return 0;
}
