// SPDX-License-Identifier: Apache-2.0
package io.millrace.forms;

import io.millrace.http.HttpException;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** One part of a {@link MultipartForm} body, valid until the next is asked for. Its content is read once. */
public final class Part {
    private final String name;
    private final @Nullable String fileName;
    private final String head;
    private final MultipartReader reader;
    private final long most;
    private long count;

    Part(String name, @Nullable String fileName, String head, MultipartReader reader, long most) {
        this.name = name;
        this.fileName = fileName;
        this.head = head;
        this.reader = reader;
        this.most = most;
    }

    /** Returns the name of the form's field. */
    public String name() {
        return name;
    }

    /**
     * Returns the name that a file has at the client, without folders; {@code null} if the part is no file. It is the
     * client's word: never a path to write to.
     */
    public @Nullable String fileName() {
        if (fileName == null) {
            return null;
        }
        int slash = Math.max(fileName.lastIndexOf('/'), fileName.lastIndexOf('\\'));
        return fileName.substring(slash + 1);
    }

    /** Returns whether the part is a file. */
    public boolean isFile() {
        return fileName != null;
    }

    /** Returns a header field of the part, {@code null} if there is none. */
    public @Nullable String header(String field) {
        return field(head, field);
    }

    /**
     * Returns the content as it comes in. Reads throw an {@link IOException} caused by an {@link HttpException} 413.
     */
    public InputStream stream() {
        return new InputStream() {
            @Override
            public int read() throws IOException {
                byte[] one = new byte[1];
                return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
            }

            @Override
            public int read(byte[] into, int offset, int length) throws IOException {
                Objects.checkFromIndexSize(offset, length, into.length);
                return counted(reader.read(into, offset, length));
            }
        };
    }

    private int counted(int read) throws IOException {
        count += Math.max(0, read);
        if (count > most) {
            throw new IOException(new HttpException(413, "the part " + name + " has more than " + most + " bytes"));
        }
        return read;
    }

    /**
     * Waits for the whole content and returns it as UTF-8.
     *
     * @param limit bytes that it may have
     * @throws HttpException 413 if it is longer, 400 if the body is malformed
     */
    public String text(int limit) throws IOException, HttpException {
        return new String(bytes(limit), StandardCharsets.UTF_8);
    }

    /**
     * Waits for the whole content and returns it.
     *
     * @param limit bytes that it may have
     * @throws HttpException 413 if it is longer, 400 if the body is malformed
     */
    public byte[] bytes(int limit) throws IOException, HttpException {
        try {
            byte[] bytes = stream().readNBytes(limit);
            if (bytes.length == limit && stream().read() >= 0) {
                throw new HttpException(413, "the part " + name + " has more than " + limit + " bytes");
            }
            return bytes;
        } catch (IOException e) {
            throw MultipartForm.status(e);
        }
    }

    /**
     * Writes the content into a file that must not be there yet. One that cannot be written whole is deleted.
     *
     * @return the number of bytes
     * @throws HttpException 413 beyond the limit, 400 if the body is malformed
     * @throws IOException if the file cannot be written or the client does not send the body whole
     */
    public long saveTo(Path file) throws IOException, HttpException {
        Files.createFile(file);
        boolean whole = false;
        try (var out = Files.newOutputStream(file)) {
            long written = stream().transferTo(out);
            whole = true;
            return written;
        } catch (IOException e) {
            throw MultipartForm.status(e);
        } finally {
            if (!whole) {
                Files.deleteIfExists(file);
            }
        }
    }

    /**
     * Keeps the content beyond the part's time: in memory up to a size, else in a temporary file, which closing it
     * deletes.
     *
     * @param memory bytes to keep in memory at most
     * @param folder where the temporary file is made
     * @throws HttpException as {@link #saveTo}
     */
    public Stored store(int memory, Path folder) throws IOException, HttpException {
        try {
            byte[] first = stream().readNBytes(memory + 1);
            if (first.length <= memory) {
                return new Stored(first, null);
            }
            Path file = Files.createTempFile(folder, "part", null);
            Stored stored = new Stored(null, file);
            try (var out = Files.newOutputStream(file)) {
                out.write(first);
                stream().transferTo(out);
                return stored;
            } catch (IOException e) {
                stored.close();
                throw e;
            }
        } catch (IOException e) {
            throw MultipartForm.status(e);
        }
    }

    /** The content of a part that is kept in memory or in a temporary file. */
    public static final class Stored implements AutoCloseable {
        private final byte @Nullable [] bytes;
        private final @Nullable Path file;

        private Stored(byte @Nullable [] bytes, @Nullable Path file) {
            this.bytes = bytes;
            this.file = file;
        }

        /** Returns the temporary file, {@code null} if the content is in memory. */
        public @Nullable Path file() {
            return file;
        }

        /** Returns the content, from its beginning. */
        public InputStream open() throws IOException {
            return bytes != null ? new ByteArrayInputStream(bytes) : Files.newInputStream(Objects.requireNonNull(file));
        }

        /** Deletes the temporary file. */
        @Override
        public void close() throws IOException {
            if (file != null) {
                Files.deleteIfExists(file);
            }
        }
    }

    /** Reads what is left, and drops it. */
    void drop() throws IOException {
        byte[] into = new byte[8 * 1024];
        while (counted(reader.read(into, 0, into.length)) >= 0) {}
    }

    static @Nullable String field(String head, String name) {
        for (String line : head.split("\n")) {
            int colon = line.indexOf(':');
            if (colon > 0 && line.substring(0, colon).strip().equalsIgnoreCase(name)) {
                return line.substring(colon + 1).strip();
            }
        }
        return null;
    }
}
