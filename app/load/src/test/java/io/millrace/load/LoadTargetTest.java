// SPDX-License-Identifier: Apache-2.0
package io.millrace.load;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Targets as people write them, and what is made of them. */
final class LoadTargetTest {

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
                    http://example.org             | example.org    | 80   | /       | example.org
                    example.org:8000/a?b=c         | example.org    | 8000 | /a?b=c  | example.org:8000
                    HTTP://127.0.0.1:80/           | 127.0.0.1      | 80   | /       | 127.0.0.1
                    http://h:/x                    | h              | 80   | /x      | h
                    http://h?q                     | h              | 80   | /?q     | h
                    http://h/a#fragment            | h              | 80   | /a      | h
                    http://h/\u00fc?\u00e9         | h              | 80   | /%C3%BC?%C3%A9 | h
                    http://my_host-1.example_2./   | my_host-1.example_2. | 80 | / | my_host-1.example_2.
                    my_host:81                     | my_host        | 81   | /       | my_host:81
                    http://[::1]:8000/             | ::1            | 8000 | /       | [::1]:8000
                    [::1]:8000                     | ::1            | 8000 | /       | [::1]:8000
                    http://[::1%lo]/               | ::1%lo         | 80   | /       | [::1]
                    http://[::1%25lo]:8000/        | ::1%lo         | 8000 | /       | [::1]:8000
                    http://[fe80::1%eth0.1]/       | fe80::1%eth0.1 | 80   | /       | [fe80::1]
                    http://[fe80::1%25a%3Ab]/      | fe80::1%a:b    | 80   | /       | [fe80::1]
                    http://[fe80::1%252]/          | fe80::1%2      | 80   | /       | [fe80::1]
                    http://[fe80::1%25]/           | fe80::1%25     | 80   | /       | [fe80::1]
                    ws://h/chat?a=b                | h              | 80   | /chat?a=b | h
                    wss://h                        | h              | 443  | /       | h
                    WSS://h:80/                    | h              | 80   | /       | h:80
                    tcp://[::1%lo]:7777            | ::1%lo         | 7777 | ''      | [::1]:7777
                    tcp://my_host:7777/ignored     | my_host        | 7777 | ''      | my_host:7777
                    """)
    void whatIsMeant(String text, String host, int port, String path, String authority) {
        LoadTarget target = LoadTarget.parse(text);
        assertEquals(host, target.host());
        assertEquals(port, target.port());
        assertEquals(path, target.path());
        assertEquals(authority, target.authority());
        assertEquals(host, target.address().getHostString());
        assertEquals(target, LoadTarget.parse(target.toString()), target.toString());
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "http://",
                "http:///x",
                "ftp://h/",
                "http://h:0/",
                "http://h:65536/",
                "http://h:99999999999/",
                "http://h:x/",
                "http://h:80:80/",
                "http://user@h/",
                "http://a b/",
                "http://h/a b",
                "http://h/a\r\nX: y",
                "http://b\u00fccher.example/",
                "http://h%20/",
                "http://[::1/",
                "http://::1/",
                "http://[]/",
                "http://[%lo]/",
                "http://[::1%]/",
                "http://[::1%a b]/",
                "http://[1.2.3.4]/",
                "http://[my_host]/",
                "http://[v1.x]/",
                "tcp://h"
            })
    void whatMakesNoSense(String text) {
        assertThrows(IllegalArgumentException.class, () -> LoadTarget.parse(text));
    }

    @Test
    void whatIsAskedOverAWebSocket() {
        assertEquals(LoadTarget.parse("ws://h:81/x"), LoadTarget.parse("h:81/x").overWebSocket());
        assertEquals(
                LoadTarget.parse("wss://h/"), LoadTarget.parse("https://h/").overWebSocket());
        assertEquals(LoadTarget.parse("wss://h/"), LoadTarget.parse("wss://h/").overWebSocket());
        assertThrows(
                IllegalArgumentException.class,
                () -> LoadTarget.parse("tcp://h:1").overWebSocket());
        assertThrows(
                IllegalArgumentException.class,
                () -> LoadTarget.parse("ws://h:1/").overHttp2());
    }
}
