// SPDX-License-Identifier: Apache-2.0
package io.millrace.fileserver;

import io.millrace.core.OpenFile;
import java.io.IOException;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Compressed siblings of a file: {@code page.html.br} beside {@code page.html}. One that is older than its original
 * holds something else and is not taken, nor is one that browsers cannot decode: they would show an empty page.
 *
 * <p>That there is none is believed for a second, or every request for a page would cost three looks at the disk for
 * nothing; one that is there is looked at each time.
 */
final class PrecompressedVariants {
    private static final long BELIEF = TimeUnit.SECONDS.toNanos(1);

    /** Codings, in the order we like them where the client has no preference: smallest first. */
    private enum Coding {
        BR("br", ".br"),
        ZSTD("zstd", ".zst"),
        GZIP("gzip", ".gz");

        final String token;
        final String extension;

        Coding(String token, String extension) {
            this.token = token;
            this.extension = extension;
        }
    }

    private static final Coding[] CODINGS = Coding.values();

    /** Where siblings are found. */
    interface Files {
        /** Returns the facts of a file by name, as of the present nanoseconds, or {@code null} if there is none. */
        @Nullable
        FileMetadata metadata(String name, long nanos);

        /** Returns a hold on the file, open. */
        OpenFile open(FileMetadata metadata) throws IOException;
    }

    private final Files files;

    /** Siblings among these files. */
    PrecompressedVariants(Files files) {
        this.files = files;
    }

    /** The coding of a sibling, as the Content-Encoding field says it. */
    static String coding(FileMetadata sibling) {
        for (Coding coding : CODINGS) {
            if (sibling.name().endsWith(coding.extension)) {
                return coding.token;
            }
        }
        throw new IllegalArgumentException(sibling.name());
    }

    /**
     * What to send to a client that accepts these codings (RFC 9110 section 12.5.3): a sibling, the original, or
     * {@code null} if it refuses the original and there is nothing else.
     */
    @Nullable
    FileMetadata choose(FileMetadata original, @Nullable String accept, long nanos) {
        if (accept == null) {
            return original;
        }
        int present = present(original, nanos);
        // The usual case, a page without siblings and a client that refuses nothing, needs no weighing.
        if (present == 0 && !accept.contains("=0")) {
            return original;
        }
        int plain = AcceptHeader.ofCoding(accept, "identity");
        FileMetadata best = plain == 0 ? null : original;
        int weight = Math.max(plain, 1);
        for (int i = 0; present >> i != 0; i++) {
            int wanted = (present >> i & 1) == 0 ? 0 : AcceptHeader.ofCoding(accept, CODINGS[i].token);
            FileMetadata sibling =
                    wanted > weight || (wanted == weight && best == original) || (wanted > 0 && best == null)
                            ? look(original, CODINGS[i], nanos)
                            : null;
            if (sibling != null) {
                best = sibling;
                weight = wanted;
            }
        }
        return best;
    }

    /** The siblings that were there within the last second, a bit each. */
    private int present(FileMetadata original, long nanos) {
        int bits = original.variants(nanos);
        if (bits < 0) {
            bits = 0;
            for (Coding coding : CODINGS) {
                bits |= look(original, coding, nanos) == null ? 0 : 1 << coding.ordinal();
            }
            original.variants(bits, nanos + BELIEF);
        }
        return bits;
    }

    private @Nullable FileMetadata look(FileMetadata original, Coding coding, long nanos) {
        FileMetadata sibling = files.metadata(original.name() + coding.extension, nanos);
        if (sibling == null) {
            return null;
        }
        boolean stale = older(sibling.info().modified(), original.info().modified());
        return stale || !isForBrowsers(sibling, coding) ? null : sibling;
    }

    /** Looks into a sibling once and notes what was found; one that cannot be read now is not taken now. */
    private boolean isForBrowsers(FileMetadata sibling, Coding coding) {
        if (sibling.size() == 0) {
            // Being written: no coding makes nothing of something.
            return false;
        }
        Boolean known = sibling.isForBrowsers();
        if (known != null) {
            return known;
        }
        try (OpenFile file = files.open(sibling)) {
            boolean found = switch (coding) {
                case BR -> isUsualBrotli(file);
                case ZSTD -> ZstdFrame.isForBrowsers(file);
                case GZIP -> true;
            };
            sibling.forBrowsers(found);
            return found;
        } catch (IOException e) {
            return false;
        }
    }

    /** {@code brotli --large_window} begins with bits that RFC 7932 section 9.1 has no window for. */
    private static boolean isUsualBrotli(OpenFile file) throws IOException {
        byte[] first = new byte[1];
        return file.read(0, first, 0, 1) == 1 && (first[0] & 0x7f) != 0x11;
    }

    /** Some compressors copy the time of the original in whole seconds only. */
    private static boolean older(Instant sibling, Instant original) {
        return sibling.isBefore(original) && !sibling.equals(original.truncatedTo(ChronoUnit.SECONDS));
    }
}
