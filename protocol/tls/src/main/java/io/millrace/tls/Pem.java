// SPDX-License-Identifier: Apache-2.0
package io.millrace.tls;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Reads the blocks of a PEM file (RFC 7468). What stands between blocks is a comment. */
final class Pem {
    private static final String BEGIN = "-----BEGIN ";
    private static final String END = "-----END ";
    private static final String DASHES = "-----";

    /** One block: its label, its bytes, and where it stands. */
    record Block(Path file, int number, int line, String label, byte[] der, boolean hasHeaders) {

        /** Returns an error that names the file, the block and the line. */
        IOException wrong(String what) {
            return new IOException(where() + ": " + what);
        }

        IOException wrong(String what, @Nullable Exception cause) {
            return new IOException(where() + ": " + what, cause);
        }

        private String where() {
            return file + ", block " + number + " (" + label + "), line " + line;
        }
    }

    private Pem() {}

    /**
     * Returns the blocks of a file in order.
     *
     * @throws IOException if the file cannot be read, has no block, or a block is broken
     */
    static List<Block> read(Path file) throws IOException {
        List<String> lines = new String(Files.readAllBytes(file), StandardCharsets.ISO_8859_1)
                .lines()
                .toList();
        List<Block> blocks = new ArrayList<>();
        for (int at = 0; at < lines.size(); at++) {
            String line = lines.get(at).strip();
            if (line.startsWith(BEGIN) && line.endsWith(DASHES)) {
                int end = endOf(file, lines, at, blocks.size() + 1);
                blocks.add(block(file, lines, at, end, blocks.size() + 1));
                at = end;
            }
        }
        if (blocks.isEmpty()) {
            throw new IOException(file + " holds no PEM block, which begins with " + BEGIN);
        }
        return blocks;
    }

    private static String label(String line) {
        return line.substring(BEGIN.length(), line.length() - DASHES.length());
    }

    private static int endOf(Path file, List<String> lines, int begin, int number) throws IOException {
        String label = label(lines.get(begin).strip());
        for (int at = begin + 1; at < lines.size(); at++) {
            String line = lines.get(at).strip();
            if (line.equals(END + label + DASHES)) {
                return at;
            }
            if (line.startsWith(DASHES)) {
                break;
            }
        }
        throw new IOException(file + ", block " + number + " (" + label + "), line " + (begin + 1) + ": has no end");
    }

    private static Block block(Path file, List<String> lines, int begin, int end, int number) throws IOException {
        String label = label(lines.get(begin).strip());
        StringBuilder text = new StringBuilder();
        boolean headers = false;
        for (String line : lines.subList(begin + 1, end)) {
            if (line.indexOf(':') >= 0) {
                headers = true;
            } else {
                text.append(line.strip());
            }
        }
        Block block = new Block(file, number, begin + 1, label, new byte[0], headers);
        if (headers) {
            // An encrypted key of the old kind: its bytes are of no use.
            return block;
        }
        try {
            return new Block(file, number, begin + 1, label, Base64.getDecoder().decode(text.toString()), false);
        } catch (IllegalArgumentException e) {
            throw block.wrong("is not base64", e);
        }
    }
}
