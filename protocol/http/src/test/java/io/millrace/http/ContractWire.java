// SPDX-License-Identifier: Apache-2.0
package io.millrace.http;

import io.millrace.testkit.MemoryLink;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.BooleanSupplier;

/**
 * A wire format as {@link ExchangeContract} sees it: requests are said by calls, one at a time, and what is answered is
 * read as lines that do not depend on the format, names of fields in lower case:
 *
 * <pre>
 *   interim 103 link=&lt;/a&gt;
 *   head 200 length 5 a=b
 *   body hello
 *   end t=t            or   cut
 * </pre>
 *
 * <p>The test's thread is the loop.
 */
public abstract class ContractWire {
    private int asked;

    /** Returns the connection below. */
    protected abstract MemoryLink link();

    /**
     * Says the head of a request; {@code length} is that of its body, -1 if unknown; fields are {@code name: value}.
     */
    protected abstract void say(long length, String method, String target, List<String> fields);

    /** Says that the client wants to speak another protocol. */
    protected abstract void sayTunnel(String protocol);

    /** Sends bytes of the body. */
    public abstract ContractWire data(String bytes);

    /** The body is complete. */
    public abstract ContractWire end();

    /** The client breaks the request off. */
    public abstract ContractWire reset();

    /** Returns what {@link Request#scheme}, {@link Request#authority} and {@link Request#version} are, with blanks. */
    public abstract String origin();

    /** Returns what was answered so far, adjacent pieces of a body joined. */
    public abstract List<String> written();

    /** Returns whether the client was told that the tunnel is there. */
    public abstract boolean hasTunnel();

    // ---- for the test

    ContractWire ask(String method, String target, String... fields) {
        return ask(0, method, target, fields);
    }

    ContractWire ask(long length, String method, String target, String... fields) {
        asked++;
        say(length, method, target, List.of(fields));
        return run();
    }

    ContractWire askTunnel(String protocol) {
        asked++;
        sayTunnel(protocol);
        return run();
    }

    /** Takes nothing for now. */
    protected ContractWire full() {
        link().window(0);
        return this;
    }

    /** Takes what waits, and more. */
    protected ContractWire drain() {
        link().window(Long.MAX_VALUE);
        return run();
    }

    protected ContractWire run() {
        link().run();
        return this;
    }

    /** Runs on the loop what a handler on the loop does later. */
    ContractWire onLoop(Runnable task) {
        link().execute(task);
        return run();
    }

    protected ContractWire runUntil(BooleanSupplier condition) {
        link().runUntil(condition);
        return this;
    }

    /** Runs until each request that was asked has its answer. */
    ContractWire runUntilOver() {
        return runUntil(() -> ends() >= asked);
    }

    long ends() {
        return written().stream()
                .filter(line -> line.startsWith("end") || line.equals("cut"))
                .count();
    }

    /** Returns the bodies, joined. */
    String content() {
        StringBuilder content = new StringBuilder();
        for (String line : written()) {
            if (line.startsWith("body ")) {
                content.append(line.substring(5));
            }
        }
        return content.toString();
    }

    // ---- for the formats

    /** Returns lines with bodies joined that follow one another, and none that is empty. */
    protected static List<String> joined(List<String> lines) {
        List<String> joined = new ArrayList<>();
        for (String line : lines) {
            boolean body = line.startsWith("body ");
            if (body && !joined.isEmpty() && joined.getLast().startsWith("body ")) {
                joined.set(joined.size() - 1, joined.getLast() + line.substring(5));
            } else if (!line.equals("body ")) {
                joined.add(line);
            }
        }
        return joined;
    }

    /** Returns field lines, {@code name: value}, without those that a format adds by itself. */
    protected static String fields(List<String> lines) {
        StringBuilder fields = new StringBuilder();
        for (String line : lines) {
            int colon = line.indexOf(':', 1);
            String name = line.substring(0, colon).toLowerCase(Locale.ROOT);
            if (!List.of("date", "server", "connection", "content-length", "transfer-encoding", "trailer")
                    .contains(name)) {
                fields.append(' ')
                        .append(name)
                        .append('=')
                        .append(line.substring(colon + 1).strip());
            }
        }
        return fields.toString();
    }
}
