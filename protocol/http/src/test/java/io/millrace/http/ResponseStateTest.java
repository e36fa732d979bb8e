// SPDX-License-Identifier: Apache-2.0
package io.millrace.http;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

/** Compares the drawing in the comment of {@link ResponseState} with its table. */
class ResponseStateTest {
    private static final String SOURCE = "src/main/java/io/millrace/http/ResponseState.java";

    @Test
    void theDrawingIsTrue() throws IOException {
        Set<String> table = new TreeSet<>();
        for (ResponseState state : ResponseState.values()) {
            boolean leads = false;
            for (ResponseState.Event event : ResponseState.Event.values()) {
                ResponseState next = state.after(event);
                if (next != null) {
                    table.add(state + " " + event + " " + next);
                    leads = true;
                }
            }
            assertEquals(!leads, state.isFinal(), state.toString());
        }
        assertEquals(drawn(), table);
    }

    // Reads the arrows along the line of the states, and those down to BROKEN by the column in which they leave.
    private static Set<String> drawn() throws IOException {
        List<String> lines = Files.readAllLines(source());
        int main = indexOf(lines, "OPEN ──");
        int last = indexOf(lines, "► BROKEN ◄");
        Set<String> arrows = new TreeSet<>();
        String labels = lines.get(main - 1);
        String[] states = lines.get(main).substring(2).strip().split("[ ─►]+");
        String[] events = labels.substring(2).strip().split(" +");
        assertEquals(states.length - 1, events.length);
        for (int i = 0; i < events.length; i++) {
            arrows.add(states[i] + " " + events[i] + " " + states[i + 1]);
        }
        String down = lines.get(last);
        String below = lines.get(last + 1);
        assertEquals(2, below.split("BREAK", -1).length - 1);
        assertTrue(down.indexOf('└') > 0 && down.indexOf('┘') > down.indexOf('└'), down);
        for (int column : new int[] {down.indexOf('└'), down.indexOf('┘')}) {
            arrows.add(stateAt(lines.get(main), column) + " BREAK BROKEN");
        }
        return arrows;
    }

    private static String stateAt(String line, int column) {
        int start = column;
        while (Character.isLetter(line.charAt(start - 1))) {
            start--;
        }
        int end = column;
        while (Character.isLetter(line.charAt(end))) {
            end++;
        }
        return line.substring(start, end);
    }

    private static int indexOf(List<String> lines, String part) {
        for (int i = 0; i < lines.size(); i++) {
            if (lines.get(i).contains(part)) {
                return i;
            }
        }
        throw new AssertionError("no drawing with " + part);
    }

    private static Path source() {
        Path inModule = Path.of(SOURCE);
        return Files.exists(inModule) ? inModule : Path.of("http").resolve(SOURCE);
    }
}
