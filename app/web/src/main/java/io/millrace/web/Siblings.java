// SPDX-License-Identifier: Apache-2.0
package io.millrace.web;

import io.millrace.core.OpenFile;
import java.io.IOException;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.concurrent.TimeUnit;

/**
 * Compressed siblings of a file: {@code page.html.br} beside {@code page.html}. One that is older than its original
 * holds something else and is not taken, nor is one that browsers cannot decode: they would show an empty page.
 *
 * <p>That there is none is believed for a second, or every request for a page would cost three looks at the disk for
 * nothing; one that is there is looked at each time.
 */
final class Siblings {
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
        FileFacts facts(String name, long nanos);

        /** Returns a hold on the file, open. */
        OpenFile open(FileFacts facts) throws IOException;
    }

    private final Files files;

    /** Siblings among these files. */
    Siblings(Files files) {
        this.files = files;
    }

    /** The coding of a sibling, as the Content-Encoding field says it. */
    static String coding(FileFacts sibling) {
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
    FileFacts choose(FileFacts original, String accept, long nanos) {
        if (accept == null) {
            return original;
        }
        int present = present(original, nanos);
        // The usual case, a page without siblings and a client that refuses nothing, needs no weighing.
        if (present == 0 && !accept.contains("=0")) {
            return original;
        }
        int plain = Preference.ofCoding(accept, "identity");
        FileFacts best = plain == 0 ? null : original;
        int weight = Math.max(plain, 1);
        for (int i = 0; present >> i != 0; i++) {
            int wanted = (present >> i & 1) == 0 ? 0 : Preference.ofCoding(accept, CODINGS[i].token);
            FileFacts sibling = wanted > weight || wanted == weight && best == original || wanted > 0 && best == null
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
    private int present(FileFacts original, long nanos) {
        int bits = original.siblings(nanos);
        if (bits < 0) {
            bits = 0;
            for (Coding coding : CODINGS) {
                bits |= look(original, coding, nanos) == null ? 0 : 1 << coding.ordinal();
            }
            original.siblings(bits, nanos + BELIEF);
        }
        return bits;
    }

    private FileFacts look(FileFacts original, Coding coding, long nanos) {
        FileFacts sibling = files.facts(original.name() + coding.extension, nanos);
        boolean stale = sibling == null
                || older(sibling.info().modified(), original.info().modified());
        return stale || !isForBrowsers(sibling, coding) ? null : sibling;
    }

    /** Looks into a sibling once and notes what was found; one that cannot be read now is not taken now. */
    private boolean isForBrowsers(FileFacts sibling, Coding coding) {
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
