// SPDX-License-Identifier: Apache-2.0
package io.millrace.fileserver;

import io.millrace.core.FileInfo;
import io.millrace.core.OpenFile;
import io.millrace.http.HttpDate;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * What an answer says about a file, worked out once: validators and type; for a small file its bytes, for a larger one
 * perhaps the open file. Threads may share it.
 */
final class FileMetadata {

    /** What the facts themselves cost, about, when the cache counts its bytes. */
    private static final int OVERHEAD = 512;

    private final String name;
    private final FileInfo info;
    private final MediaType type;
    private final String etag;
    private final String lastModified;
    private final long modified;
    private final byte @Nullable [] content;

    private @Nullable OpenFile open;
    private volatile boolean readable;
    private volatile long trustedUntil;
    private volatile boolean trusted;
    private volatile boolean used;
    private volatile boolean idle;
    private volatile int variants;
    private volatile long siblingsUntil;
    private volatile boolean siblingsKnown;
    private volatile @Nullable Boolean forBrowsers;

    private FileMetadata(FileMetadata from, byte[] content) {
        this.name = from.name;
        this.info = from.info;
        this.type = from.type;
        this.etag = from.etag;
        this.lastModified = from.lastModified;
        this.modified = from.modified;
        this.content = content;
        this.forBrowsers = from.forBrowsers;
        this.readable = from.readable;
        if (from.trusted) {
            trust(from.trustedUntil);
        }
        if (from.siblingsKnown) {
            variants(from.variants, from.siblingsUntil);
        }
    }

    /**
     * The facts of a file.
     *
     * @param name its path in the folder
     * @param now milliseconds since 1970: a file from the future counts as changed now (RFC 9110 section 8.8.2.1), and
     *     one from before the year 0, which a date cannot say, as of its beginning
     */
    FileMetadata(String name, FileInfo info, long now) {
        this.name = name;
        this.info = info;
        this.type = MediaTypes.of(name);
        this.etag = etag(name, info);
        this.modified = Math.clamp(info.modified().getEpochSecond(), HttpDate.EARLIEST, Math.floorDiv(now, 1000L));
        this.lastModified = HttpDate.format(modified);
        this.content = null;
    }

    /** The same with the bytes of the file. */
    FileMetadata with(byte[] bytes) {
        return new FileMetadata(this, bytes);
    }

    String name() {
        return name;
    }

    FileInfo info() {
        return info;
    }

    long size() {
        return info.size();
    }

    MediaType type() {
        return type;
    }

    /** The strong entity tag, quotes included. */
    String etag() {
        return etag;
    }

    /** The Last-Modified value. */
    String lastModified() {
        return lastModified;
    }

    /** Last-Modified in seconds since 1970. */
    long modified() {
        return modified;
    }

    /** The bytes of the file, or {@code null} if they are not kept. */
    byte @Nullable [] content() {
        return content;
    }

    /** Whether this server was able to open the file as it is now. */
    boolean isReadable() {
        return readable;
    }

    /** Notes that the file was opened. */
    void opened() {
        readable = true;
    }

    /** Whether it may be taken for granted that the name still leads here by a way that is allowed. */
    boolean isTrusted(long nanos) {
        return trusted && nanos - trustedUntil < 0;
    }

    /** Notes that the whole way to the file was checked; to be taken for granted until then. */
    void trust(long until) {
        trustedUntil = until;
        trusted = true;
    }

    /** Bytes of memory that this takes, about. */
    int weight() {
        return OVERHEAD + (content == null ? 0 : content.length);
    }

    /** Whether it was asked for since the last call; for the cache's clock. */
    boolean takeUsed() {
        boolean was = used;
        used = false;
        return was;
    }

    /** Notes that it was asked for; reads first, so that a hot entry's cache line stays shared between cores. */
    void use() {
        if (!used) {
            used = true;
        }
        if (idle) {
            idle = false;
        }
    }

    /** Whether it was not asked for since the last call; for the cache's sweep. */
    boolean takeIdle() {
        boolean was = idle;
        idle = true;
        return was;
    }

    /** A hold on the file if it is kept open, else {@code null}. */
    synchronized @Nullable OpenFile borrow() {
        return open == null ? null : open.hold();
    }

    /** Keeps the file open by a hold of its own. */
    synchronized void keep(OpenFile file) {
        open = file.hold();
    }

    /** Gives that hold back; false if there is none. */
    synchronized boolean letGo() {
        if (open == null) {
            return false;
        }
        open.close();
        open = null;
        return true;
    }

    /** Which variants were there at the last look, as bits; -1 if that is too long ago. */
    int variants(long nanos) {
        return siblingsKnown && nanos - siblingsUntil < 0 ? variants : -1;
    }

    /** Notes which variants are there, to be believed until then. */
    void variants(int bits, long until) {
        variants = bits;
        siblingsUntil = until;
        siblingsKnown = true;
    }

    /**
     * Whether browsers can decode this file, which is a compressed sibling; {@code null} if that was not looked at yet.
     */
    @Nullable
    Boolean isForBrowsers() {
        return forBrowsers;
    }

    /** Notes whether browsers can decode this file. */
    void forBrowsers(boolean can) {
        forBrowsers = can;
    }

    /**
     * A strong entity tag (RFC 9110 section 8.8.3): size, and a hash of all that changes when the content does. Hashed,
     * because plain inode numbers tell more of a machine than its clients need to know (CVE-2003-1418). The name sets
     * variants apart where inodes are unknown.
     */
    private static String etag(String name, FileInfo info) {
        long identity = mix(info.inode() ^ mix(info.device() ^ mix(name.hashCode())));
        long hash = mix(info.modified(), mix(info.changed(), identity));
        return '"' + Long.toHexString(hash) + '-' + Long.toHexString(info.size()) + '"';
    }

    private static long mix(@Nullable Instant time, long hash) {
        return time == null ? hash : mix(time.getNano() ^ mix(time.getEpochSecond() ^ hash));
    }

    /** Stafford's 13th variant of the MurmurHash3 finisher, as in java.util.SplittableRandom. */
    private static long mix(long value) {
        long z = value + 0x9e3779b97f4a7c15L;
        z = (z ^ (z >>> 30)) * 0xbf58476d1ce4e5b9L;
        z = (z ^ (z >>> 27)) * 0x94d049bb133111ebL;
        return z ^ (z >>> 31);
    }
}
