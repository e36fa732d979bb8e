// SPDX-License-Identifier: Apache-2.0
package io.millrace.http1;

import io.millrace.http.FieldSyntax;

/**
 * Reads the extensions of one chunk (RFC 9112 section 7.1.1), a byte at a time, to tell what the grammar has from what
 * another server might read differently.
 *
 * <pre>
 *   chunk-ext = *( BWS ";" BWS token [ BWS "=" BWS ( token / quoted-string ) ] )
 *
 *            token         '='             token
 *   ─►  NAME_START ──► NAME ───► VALUE_START ──► VALUE
 *        ▲               │           │ DQUOTE      │
 *        │ ';'           │           ▼             │
 *        └───────────────┴──────  QUOTED ─DQUOTE─► QUOTED_END
 *                                 ▲  │ '\\'
 *                                 └ ESCAPED
 * </pre>
 *
 * <p>The line may end in NAME, VALUE and QUOTED_END. White space is taken where the grammar has BWS within an
 * extension, and leads to NAME_END or VALUE_END, where the line cannot end. Between the chunk's size and its first
 * semicolon it is refused although the grammar has it: there readers differ on what the size is.
 */
final class ChunkExtensions {
    private static final int NAME_START = 0;
    private static final int NAME = 1;
    private static final int NAME_END = 2;
    private static final int VALUE_START = 3;
    private static final int VALUE = 4;
    private static final int QUOTED = 5;
    private static final int ESCAPED = 6;
    private static final int QUOTED_END = 7;
    private static final int VALUE_END = 8;

    private int state;

    /** The semicolon of a chunk's first extension has been read. */
    void begin() {
        state = NAME_START;
    }

    /** Whether the line may end here. */
    boolean mayEnd() {
        return state == NAME || state == VALUE || state == QUOTED_END;
    }

    /** Reads the next byte of the line; {@code false} if it cannot stand there. */
    boolean next(byte value) {
        return switch (state) {
            case NAME_START -> isBlank(value) || (FieldSyntax.isToken(value) && go(NAME));
            case NAME -> FieldSyntax.isToken(value) || afterName(value);
            case NAME_END -> afterName(value);
            case VALUE_START -> isBlank(value) || (value == '"' ? go(QUOTED) : FieldSyntax.isToken(value) && go(VALUE));
            case VALUE -> FieldSyntax.isToken(value) || afterValue(value);
            case QUOTED -> value == '"' ? go(QUOTED_END) : value == '\\' ? go(ESCAPED) : FieldSyntax.isValue(value);
            case ESCAPED -> FieldSyntax.isValue(value) && go(QUOTED);
            default -> afterValue(value);
        };
    }

    private boolean afterName(byte value) {
        return switch (value) {
            case '=' -> go(VALUE_START);
            case ';' -> go(NAME_START);
            default -> isBlank(value) && go(NAME_END);
        };
    }

    private boolean afterValue(byte value) {
        return value == ';' ? go(NAME_START) : isBlank(value) && go(VALUE_END);
    }

    private static boolean isBlank(byte value) {
        return value == ' ' || value == '\t';
    }

    private boolean go(int next) {
        state = next;
        return true;
    }
}
