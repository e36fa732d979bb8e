/* SPDX-License-Identifier: Apache-2.0 */
/* What the reference servers answer with, made anew once a second for its Date. */
#include <stdio.h>
#include <time.h>

static char answer[512];
static int answer_length;

static void make_answer(void) {
    static time_t made;
    time_t now = time(NULL);
    if (now == made) return;
    made = now;
    char date[64];
    struct tm tm;
    strftime(date, sizeof date, "%a, %d %b %Y %H:%M:%S GMT", gmtime_r(&now, &tm));
    answer_length = snprintf(answer, sizeof answer,
        "HTTP/1.1 200 OK\r\nDate: %s\r\nServer: reference\r\nContent-Type: text/plain\r\nContent-Length: 13\r\n\r\nHello, World!",
        date);
}
