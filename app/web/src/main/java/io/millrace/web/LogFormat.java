// SPDX-License-Identifier: Apache-2.0
package io.millrace.web;

/** How an {@link AccessLog} writes an exchange. */
public enum LogFormat {

    /**
     * The Common Log Format of NCSA httpd, with the milliseconds that the answer took as one more field at the end:
     * {@code 127.0.0.1 - - [31/Jan/2026:12:00:00 +0100] "GET /a.txt HTTP/1.1" 200 1024 0.214}
     */
    COMMON,

    /** Common, then Referer and User-Agent in quotes (Apache's combined), then the milliseconds. */
    COMBINED,

    /**
     * Common, then the pattern of the route that answered, in quotes, then the milliseconds: {@code … "GET /users/7
     * HTTP/1.1" 200 1024 "/users/{id}" 0.214}
     */
    ROUTE,

    /**
     * An object in a line: {@code {"time":"2026-01-31T11:00:00Z","peer":"127.0.0.1","method":"GET","target":"/users/7",
     * "route":"/users/{id}","version":"HTTP/1.1","status":200,"bytes":1024,"ms":0.214,"host":"example.org","referer":null,"agent":"curl/8.5"}};
     * over TLS also {@code "tls":"TLSv1.3","suite":"TLS_AES_256_GCM_SHA384"}
     */
    JSON,

    /** Nothing is written. */
    NONE
}
