// SPDX-License-Identifier: Apache-2.0
package io.millrace.socket;

import io.millrace.sys.PathBytes;
import io.millrace.sys.SocketAddresses;
import java.net.SocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * The address of a Unix socket (unix(7)): a path; on Linux also an abstract name, which is in no file system and ends
 * with its socket; or none, as most clients have. The JDK's {@link java.net.UnixDomainSocketAddress} knows paths only.
 */
public sealed class UnixAddress extends SocketAddress permits UnixPeer {
    private static final long serialVersionUID = 1L;

    /** The most bytes that a path or a name may have; one more ends a path, or begins a name. */
    public static final int LONGEST = SocketAddresses.SIZE_UN - SocketAddresses.UN_PATH - 1;

    /** The address of a socket that has not been bound: none. */
    public static final UnixAddress UNNAMED = new UnixAddress(new byte[0]);

    private static final String SCHEME = "unix:";

    /** Path, or zero byte and abstract name, or nothing. */
    private final byte[] name;

    UnixAddress(byte[] name) {
        this.name = name;
    }

    /**
     * Returns the address of the socket at a path.
     *
     * @throws IllegalArgumentException if it is empty, contains a zero byte or U+FFFD, which stands for what could not
     *     be decoded, or has more than {@link #LONGEST} bytes in UTF-8
     */
    public static UnixAddress of(String path) {
        if (path.indexOf('\0') >= 0) {
            throw new IllegalArgumentException(
                    "the path of a Unix socket contains a zero byte: " + path.replace("\0", "\\0"));
        }
        byte[] bytes = PathBytes.of(path);
        check(bytes, "the path of a Unix socket", path);
        return new UnixAddress(bytes);
    }

    /**
     * Returns the address of the socket at a path, by the bytes of its name, whatever the locale takes them for.
     *
     * @throws IllegalArgumentException if it is empty or has more than {@link #LONGEST} bytes
     * @throws UnsupportedOperationException if the name is not UTF-8, or the path is not in the system's own file
     *     system
     */
    public static UnixAddress of(Path path) {
        return of(PathBytes.text(path));
    }

    /**
     * Returns the address of an abstract name, which {@link #toString} writes with {@code @} in front. Linux only.
     *
     * @throws IllegalArgumentException if it is empty or has more than {@link #LONGEST} bytes in UTF-8
     */
    public static UnixAddress abstractName(String name) {
        byte[] bytes = PathBytes.of(name);
        check(bytes, "the abstract name of a Unix socket", name);
        byte[] marked = new byte[bytes.length + 1];
        System.arraycopy(bytes, 0, marked, 1, bytes.length);
        return new UnixAddress(marked);
    }

    /**
     * Returns the address that {@code unix:/run/a.sock} or {@code unix:@name} stands for, or {@code null} if the text
     * does not begin with {@code unix:}.
     *
     * @throws IllegalArgumentException if the path or the name is not allowed
     */
    public static @Nullable UnixAddress parse(String text) {
        if (!text.startsWith(SCHEME)) {
            return null;
        }
        String rest = text.substring(SCHEME.length());
        return rest.startsWith("@") ? abstractName(rest.substring(1)) : of(rest);
    }

    private static void check(byte[] bytes, String what, String text) {
        if (bytes.length == 0 || bytes.length > LONGEST) {
            throw new IllegalArgumentException(what + " has 1 to " + LONGEST + " bytes, not " + bytes.length
                    + (text.isEmpty() ? "" : ": " + text));
        }
    }

    /** Returns the address in the first {@code length} bytes of a struct sockaddr_un. */
    static UnixAddress decode(byte[] struct, int length) {
        byte[] name = SocketAddresses.decodeUnix(struct, length);
        return name.length == 0 ? UNNAMED : new UnixAddress(name);
    }

    /** Returns the path, or {@code null} if this is not a path. */
    public @Nullable String path() {
        return name.length > 0 && name[0] != 0 ? new String(name, StandardCharsets.UTF_8) : null;
    }

    /** Returns the abstract name, or {@code null} if this is not one. */
    public @Nullable String abstractName() {
        return name.length > 0 && name[0] == 0 ? new String(name, 1, name.length - 1, StandardCharsets.UTF_8) : null;
    }

    /** Returns the bytes of a struct sockaddr_un. */
    byte[] encode() {
        return SocketAddresses.encodeUnix(name);
    }

    byte[] name() {
        return name;
    }

    @Override
    public final boolean equals(Object other) {
        return other instanceof UnixAddress that && Arrays.equals(name, that.name);
    }

    @Override
    public final int hashCode() {
        return Arrays.hashCode(name);
    }

    /** Returns {@code unix:/run/a.sock}, {@code unix:@name}, or {@code unix:} for no address. */
    @Override
    public String toString() {
        return SCHEME + (name.length == 0 ? "" : path() != null ? path() : "@" + abstractName());
    }
}
