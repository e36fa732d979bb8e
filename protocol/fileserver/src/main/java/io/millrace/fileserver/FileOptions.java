// SPDX-License-Identifier: Apache-2.0
package io.millrace.fileserver;

import io.millrace.core.DirectoryRoot;
import io.millrace.core.Printable;
import io.millrace.http.FieldSyntax;
import io.millrace.http.Handler;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * How {@link StaticFiles} serves a folder. Immutable: each method that takes a value returns a changed copy, so that
 * options read as one sentence: {@code FileOptions.DEFAULT.listing(false).cacheControl("max-age=60")}.
 */
public final class FileOptions {

    /**
     * Index files and listings on, hidden files off, precompressed siblings on, a cache of 1,024 small files in 16 MiB.
     */
    public static final FileOptions DEFAULT = new FileOptions();

    /** Fields that are the work of the server or of StaticFiles itself; another value would break the answer. */
    private static final Set<String> TAKEN = Set.of(
            "content-length",
            "transfer-encoding",
            "connection",
            "date",
            "content-range",
            "content-encoding",
            "etag",
            "last-modified",
            "accept-ranges",
            "location",
            "trailer",
            "upgrade");

    private List<String> indexes = List.of("index.html", "index.htm");
    private boolean listing = true;
    private boolean hidden;
    private boolean precompressed = true;
    private @Nullable String spa;
    private @Nullable Handler notFound;
    private @Nullable String cors;
    private @Nullable String cacheControl;
    private String mount = "";
    private byte @Nullable [] pageSuffix;
    private List<Map.Entry<String, String>> headers = List.of();
    private int cacheFiles = 1024;
    private long cacheBytes = 16L << 20;

    private FileOptions() {}

    private FileOptions copy() {
        FileOptions copy = new FileOptions();
        copy.indexes = indexes;
        copy.listing = listing;
        copy.hidden = hidden;
        copy.precompressed = precompressed;
        copy.spa = spa;
        copy.notFound = notFound;
        copy.cors = cors;
        copy.cacheControl = cacheControl;
        copy.mount = mount;
        copy.pageSuffix = pageSuffix;
        copy.headers = headers;
        copy.cacheFiles = cacheFiles;
        copy.cacheBytes = cacheBytes;
        return copy;
    }

    /** Names of the files that stand for their folder; the first that exists is served. */
    public List<String> indexes() {
        return indexes;
    }

    /**
     * Changes the names of the files that stand for their folder; none switches that off.
     *
     * @throws IllegalArgumentException for a name that is empty or has a slash
     */
    public FileOptions indexes(String... names) {
        for (String name : names) {
            if (name.isEmpty() || name.indexOf('/') >= 0) {
                throw new IllegalArgumentException("not a file name: '" + name + "'");
            }
        }
        FileOptions copy = copy();
        copy.indexes = List.of(names);
        return copy;
    }

    /** Whether a folder without an index file shows what is in it. */
    public boolean listing() {
        return listing;
    }

    /** Switches listings on or off; off, such a folder is 403. */
    public FileOptions listing(boolean on) {
        FileOptions copy = copy();
        copy.listing = on;
        return copy;
    }

    /** Whether names that start with a dot are served and listed. {@code .well-known} always is (RFC 8615). */
    public boolean hidden() {
        return hidden;
    }

    /** Switches names that start with a dot on or off; off, they are 404. */
    public FileOptions hidden(boolean on) {
        FileOptions copy = copy();
        copy.hidden = on;
        return copy;
    }

    /**
     * Whether {@code name.br}, {@code name.zst} and {@code name.gz} are sent in place of {@code name} to those who
     * accept them.
     */
    public boolean precompressed() {
        return precompressed;
    }

    /** Switches precompressed siblings on or off. */
    public FileOptions precompressed(boolean on) {
        FileOptions copy = copy();
        copy.precompressed = on;
        return copy;
    }

    /** The page of a single-page application that answers for unknown paths, relative to the root, or {@code null}. */
    public @Nullable String spa() {
        return spa;
    }

    /**
     * Names the page that answers, with 200, for unknown paths without an extension to those who accept HTML;
     * {@code null} for none.
     */
    public FileOptions spa(String page) {
        FileOptions copy = copy();
        copy.spa = page;
        return copy;
    }

    /** What answers for names that are not in the folder, or {@code null}. */
    public @Nullable Handler notFound() {
        return notFound;
    }

    /**
     * Sets what answers for names that are not in the folder, such as by a page of the application; {@code null} for
     * its error handler for 404, or a line of text where there is none. The status is set when {@code handler} is
     * called, on the loop, and so are the fields that all answers carry.
     */
    public FileOptions notFound(Handler handler) {
        FileOptions copy = copy();
        copy.notFound = handler;
        return copy;
    }

    /** The origin that may read answers from pages of other sites, {@code *} for all, or {@code null}. */
    public @Nullable String cors() {
        return cors;
    }

    /** Names the origin, {@code *} for all, that may read answers from its pages (CORS); {@code null} for none. */
    public FileOptions cors(String origin) {
        if (origin != null) {
            requireValue(origin);
        }
        FileOptions copy = copy();
        copy.cors = origin;
        return copy;
    }

    /** The Cache-Control value of files, or {@code null}. */
    public @Nullable String cacheControl() {
        return cacheControl;
    }

    /** Sets the Cache-Control value of files, such as {@code max-age=3600}; {@code null} for none. */
    public FileOptions cacheControl(String value) {
        if (value != null) {
            requireValue(value);
        }
        FileOptions copy = copy();
        copy.cacheControl = value;
        return copy;
    }

    /** Returns what is sent after each page, or {@code null} for nothing. */
    byte @Nullable [] pageSuffix() {
        return pageSuffix;
    }

    /**
     * Sends some HTML after each file of type text/html of up to 8 MiB; {@code null} for none. Such a page is sent
     * whole and as it is, without a sibling that is compressed, a validator or ranges, and kept in no cache. For
     * development.
     */
    public FileOptions pageSuffix(String html) {
        FileOptions copy = copy();
        copy.pageSuffix = html == null ? null : html.getBytes(StandardCharsets.UTF_8);
        return copy;
    }

    /** The path under which the folder appears, {@code ""} for the root of the server. */
    public String mount() {
        return mount;
    }

    /**
     * Lets the folder appear under a path such as {@code /static}; {@code ""} or {@code /} for the root of the server.
     *
     * @throws IllegalArgumentException for a path that does not begin with a slash or has empty or dot parts
     */
    public FileOptions mount(String path) {
        String prefix = path.endsWith("/") ? path.substring(0, path.length() - 1) : path;
        if (!prefix.isEmpty() && (prefix.charAt(0) != '/' || !DirectoryRoot.isWellFormed(prefix.substring(1)))) {
            throw new IllegalArgumentException(
                    "a mount path starts with / and has no empty or dot parts: '" + path + "'");
        }
        FileOptions copy = copy();
        copy.mount = prefix;
        return copy;
    }

    /** Header fields that every answer carries. */
    public List<Map.Entry<String, String>> headers() {
        return headers;
    }

    /**
     * Adds a header field to every answer. It stands in place of one that StaticFiles would have set, except Vary,
     * which adds up.
     *
     * @throws IllegalArgumentException if name or value cannot be sent, or the field is not for others to set
     */
    public FileOptions header(String name, String value) {
        requireToken(name);
        requireValue(value);
        if (TAKEN.contains(name.toLowerCase(Locale.ROOT))) {
            throw new IllegalArgumentException("the server itself sets the header field " + name);
        }
        FileOptions copy = copy();
        copy.headers = new ArrayList<>(headers);
        copy.headers.add(Map.entry(name, value));
        copy.headers = List.copyOf(copy.headers);
        return copy;
    }

    /** How many files the cache knows at most. */
    public int cacheFiles() {
        return cacheFiles;
    }

    /** How many bytes of content the cache holds at most. */
    public long cacheBytes() {
        return cacheBytes;
    }

    /**
     * Sets the size of the cache; 0 files switches it off. What is in it is compared with {@link DirectoryRoot#look} at
     * each use.
     *
     * @param files number of files
     * @param bytes bytes of content
     * @throws IllegalArgumentException for a negative size
     */
    public FileOptions cache(int files, long bytes) {
        if (files < 0 || bytes < 0) {
            throw new IllegalArgumentException("a cache size is not negative");
        }
        FileOptions copy = copy();
        copy.cacheFiles = files;
        copy.cacheBytes = bytes;
        return copy;
    }

    private static void requireToken(String name) {
        if (!FieldSyntax.isToken(name)) {
            throw new IllegalArgumentException("not a header field name: '" + Printable.text(name) + "'");
        }
    }

    private static void requireValue(String value) {
        if (!FieldSyntax.isValue(value)) {
            throw new IllegalArgumentException("not a header field value: '" + Printable.text(value) + "'");
        }
    }
}
