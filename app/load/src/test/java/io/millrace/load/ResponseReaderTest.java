// SPDX-License-Identifier: Apache-2.0
package io.millrace.load;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.core.Buffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Where answers end, however their bytes are cut. */
final class ResponseReaderTest {
    private static final String PLAIN = "HTTP/1.1 200 OK\r\nDate: x\r\nContent-Length: 5\r\n\r\nhello";
    private static final String CHUNKED = "HTTP/1.1 404 Not Found\r\ntransfer-encoding: Chunked\r\n\r\n"
            + "5;ext=1\r\nhello\r\n0\r\nTrailer: yes\r\n\r\n";
    private static final String EMPTY = "HTTP/1.1 304 Not Modified\r\nContent-Length: 99\r\nETag: \"a\"\r\n\r\n";
    private static final String INTERIM =
            "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 201 Created\r\nCONTENT-LENGTH:0\r\n\r\n";

    /** Statuses in order; a last entry of BAD says that something was refused. */
    private static List<Integer> read(ResponseReader reader, String text, int step) {
        byte[] bytes = text.getBytes(StandardCharsets.ISO_8859_1);
        Buffer in = new Buffer();
        List<Integer> found = new ArrayList<>();
        for (int at = 0; at < bytes.length; at += step) {
            in.append(bytes, at, Math.min(step, bytes.length - at));
            int result = reader.read(in);
            while (result == ResponseReader.DONE) {
                found.add(reader.status());
                result = reader.read(in);
            }
            if (result == ResponseReader.BAD) {
                found.add(ResponseReader.BAD);
                return found;
            }
        }
        assertEquals(0, in.readable(), "everything has been consumed");
        return found;
    }

    private static ResponseReader reader(boolean head) {
        ResponseReader reader = new ResponseReader();
        reader.begin(head);
        return reader;
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3, 7, 1000})
    void answersEndWhereTheirFramingSays(int step) {
        String all = PLAIN + CHUNKED + EMPTY + INTERIM + PLAIN;
        assertEquals(List.of(200, 404, 304, 201, 200), read(reader(false), all, step));
    }

    @Test
    void anyCutsGiveTheSame() {
        String all = PLAIN + CHUNKED + EMPTY + INTERIM + PLAIN;
        byte[] bytes = all.getBytes(StandardCharsets.ISO_8859_1);
        for (long seed = 0; seed < 2000; seed++) {
            Random random = new Random(seed);
            ResponseReader reader = reader(false);
            Buffer in = new Buffer();
            List<Integer> found = new ArrayList<>();
            for (int at = 0; at < bytes.length; ) {
                int n = Math.min(bytes.length - at, 1 + random.nextInt(40));
                in.append(bytes, at, n);
                at += n;
                while (reader.read(in) == ResponseReader.DONE) {
                    found.add(reader.status());
                }
            }
            assertEquals(List.of(200, 404, 304, 201, 200), found, "seed " + seed);
        }
    }

    @Test
    void answersToHeadHaveNoBody() {
        String head = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n";
        assertEquals(List.of(200, 200), read(reader(true), head + head, 1));
    }

    @Test
    void anAnswerWithoutALengthEndsWithItsConnection() {
        ResponseReader reader = reader(false);
        assertEquals(List.of(), read(reader, "HTTP/1.1 200 OK\r\n\r\nhello", 4));
        assertTrue(reader.endsWithConnection());
        assertTrue(reader.closes());
    }

    @Test
    void whatServersSayOfClosingIsHeard() {
        ResponseReader reader = reader(false);
        read(reader, "HTTP/1.1 200 OK\r\nConnection: keep-alive, Close\r\nContent-Length: 0\r\n\r\n", 100);
        assertTrue(reader.closes());
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "SSH-2.0-OpenSSH_9.2\r\n\r\n",
                "HTTP/1.1 2x0 OK\r\n\r\n",
                "HTTP/1.1 999 Odd\r\n\r\n",
                "HTTP/1.1 200 OK\r\nContent-Length: five\r\n\r\n",
                "HTTP/1.1 200 OK\r\nContent-Length:\r\n\r\n",
                "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n",
                "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\naXX"
            })
    void whatIsNoAnswerIsRefused(String text) {
        assertEquals(List.of(ResponseReader.BAD), read(reader(false), text, 1));
    }
}
