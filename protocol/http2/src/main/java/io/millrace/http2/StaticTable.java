// SPDX-License-Identifier: Apache-2.0
package io.millrace.http2;

import io.millrace.core.Ascii;
import java.util.Arrays;

/** The static table of HPACK (RFC 7541 appendix A), and the way from a name to its place in it. */
final class StaticTable {
    /** Number of entries; they have the indices from 1 on. */
    static final int SIZE = 61;

    /** Index of the name {@code content-length}. */
    static final int CONTENT_LENGTH = 28;

    /** Index of the name {@code date}. */
    static final int DATE = 33;

    /** Index of the name {@code server}. */
    static final int SERVER = 54;

    /** Index of the first entry with the name {@code :status}. */
    static final int STATUS = 8;

    private static final String ENTRIES = ":authority:|:method:GET|:method:POST|:path:/|:path:/index.html|:scheme:http|"
            + ":scheme:https|:status:200|:status:204|:status:206|:status:304|:status:400|:status:404|:status:500|"
            + "accept-charset:|accept-encoding:gzip, deflate|accept-language:|accept-ranges:|accept:|"
            + "access-control-allow-origin:|age:|allow:|authorization:|cache-control:|content-disposition:|"
            + "content-encoding:|content-language:|content-length:|content-location:|content-range:|content-type:|"
            + "cookie:|date:|etag:|expect:|expires:|from:|host:|if-match:|if-modified-since:|if-none-match:|if-range:|"
            + "if-unmodified-since:|last-modified:|link:|location:|max-forwards:|proxy-authenticate:|"
            + "proxy-authorization:|range:|referer:|refresh:|retry-after:|server:|set-cookie:|"
            + "strict-transport-security:|transfer-encoding:|user-agent:|vary:|via:|www-authenticate:";

    private static final byte[][] NAMES = new byte[SIZE + 1][];
    private static final byte[][] VALUES = new byte[SIZE + 1][];

    // Open addressing on the hash of the name; the first of several entries with one name.
    private static final byte[] PLACES = new byte[256];

    static {
        String[] entries = ENTRIES.split("\\|");
        for (int i = 1; i <= SIZE; i++) {
            int colon = entries[i - 1].indexOf(':', 1);
            NAMES[i] = Ascii.bytes(entries[i - 1].substring(0, colon));
            VALUES[i] = Ascii.bytes(entries[i - 1].substring(colon + 1));
            enter(i);
        }
    }

    private StaticTable() {}

    private static void enter(int index) {
        int at = hash(NAMES[index], 0, NAMES[index].length) & 0xff;
        while (PLACES[at] != 0) {
            if (Arrays.equals(NAMES[PLACES[at]], NAMES[index])) {
                return;
            }
            at = at + 1 & 0xff;
        }
        PLACES[at] = (byte) index;
    }

    /** Returns the name of an entry. */
    static byte[] name(int index) {
        return NAMES[index];
    }

    /** Returns the value of an entry, empty for one that has none. */
    static byte[] value(int index) {
        return VALUES[index];
    }

    /** Returns the index of the first entry with that name, which is in lower case; 0 for none. */
    static int find(byte[] bytes, int start, int end) {
        for (int at = hash(bytes, start, end) & 0xff; PLACES[at] != 0; at = at + 1 & 0xff) {
            byte[] name = NAMES[PLACES[at]];
            if (Arrays.equals(name, 0, name.length, bytes, start, end)) {
                return PLACES[at];
            }
        }
        return 0;
    }

    private static int hash(byte[] bytes, int start, int end) {
        int hash = end - start;
        for (int i = start; i < end; i++) {
            hash = 31 * hash + bytes[i];
        }
        return hash ^ hash >>> 15;
    }
}
