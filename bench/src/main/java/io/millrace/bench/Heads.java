// SPDX-License-Identifier: Apache-2.0
package io.millrace.bench;

import io.millrace.core.Ascii;

/** Request heads as they come in. */
public enum Heads {

    /** What wrk sends. */
    WRK("GET / HTTP/1.1", "Host: 127.0.0.1:8081"),

    /** What a browser sends for a picture of a page. */
    BROWSER(
            "GET /assets/pictures/mill-in-spring.webp?width=1280&v=3f9c2a HTTP/1.1",
            "Host: www.example.org",
            "User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/148.0.0.0 "
                    + "Safari/537.36",
            "Accept: image/avif,image/webp,image/apng,image/svg+xml,image/*,*/*;q=0.8",
            "Accept-Language: en-GB,en;q=0.9,de;q=0.8",
            "Accept-Encoding: gzip, deflate, br, zstd",
            "sec-ch-ua: \"Chromium\";v=\"148\", \"Not/A)Brand\";v=\"99\"",
            "sec-ch-ua-mobile: ?0",
            "sec-ch-ua-platform: \"Linux\"",
            "Sec-Fetch-Dest: image",
            "Sec-Fetch-Mode: no-cors",
            "Sec-Fetch-Site: same-origin",
            "Referer: https://www.example.org/places/mills.html",
            "Cookie: session=8f14e45fceea167a5a36dedd4bea2543; theme=dark; consent=1",
            "Connection: keep-alive");

    private final byte[] bytes;

    Heads(String... lines) {
        this.bytes = Ascii.bytes(String.join("\r\n", lines) + "\r\n\r\n");
    }

    /** The head with the empty line behind it, a new array. */
    public byte[] bytes() {
        return bytes.clone();
    }
}
