// SPDX-License-Identifier: Apache-2.0
package io.millrace.cli;

import io.millrace.core.Printable;
import java.io.PrintStream;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.nio.file.Path;
import java.util.List;

/** What {@code millrace serve} says when it has begun. */
final class Banner {
    private static final String BOLD = "\u001b[1m";
    private static final String DIM = "\u001b[2m";
    private static final String PLAIN = "\u001b[0m";

    private final boolean colors;

    Banner(boolean colors) {
        this.colors = colors;
    }

    void print(PrintStream out, Path root, SocketAddress address, String engine) {
        out.println("Serving " + style(BOLD, Printable.text(root.toString())));
        if (address instanceof InetSocketAddress inet) {
            printUrls(out, inet);
        } else {
            out.println("  at   " + style(BOLD, Printable.text(address.toString()))
                    + style(DIM, "  (curl --unix-socket reaches it)"));
        }
        out.println("  on   " + Printable.text(engine));
        out.println("  stop " + style(DIM, "Ctrl-C: finishes what is in flight; once more: at once"));
        out.flush();
    }

    private void printUrls(PrintStream out, InetSocketAddress address) {
        List<String> urls = AddressFormat.urls(address);
        for (int i = 0; i < urls.size(); i++) {
            out.println((i == 0 ? "  at   " : "       ")
                    + style(BOLD, Printable.text(urls.get(i)))
                    + (i == 0 ? reach(address) : ""));
        }
    }

    private String reach(InetSocketAddress address) {
        if (address.getAddress().isLoopbackAddress()) {
            return style(DIM, "  (this machine only; -b 0.0.0.0 opens it to the network)");
        }
        return address.getAddress().isAnyLocalAddress() ? style(DIM, "  (open to the network)") : "";
    }

    private String style(String code, String text) {
        return colors ? code + text + PLAIN : text;
    }

    /** {@code 1 loop}, {@code 2 loops}. */
    static String count(long number, String noun) {
        return number + " " + noun + (number == 1 ? "" : "s");
    }
}
