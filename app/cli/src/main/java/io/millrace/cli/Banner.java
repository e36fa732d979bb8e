// SPDX-License-Identifier: Apache-2.0
package io.millrace.cli;

import io.millrace.core.Printable;
import io.millrace.tls.Credentials;
import io.millrace.tls.TlsContext;
import io.millrace.web.CredentialsReloader;
import java.io.PrintStream;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
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

    /**
     * Prints it; {@code tls} are lines about certificates, empty for a server in the clear, {@code reload} says how
     * changes of files are seen, {@code null} where they are not looked for.
     */
    void print(PrintStream out, Path root, SocketAddress address, String engine, List<String> tls, String reload) {
        out.println("Serving " + style(BOLD, Printable.text(root.toString())));
        if (address instanceof InetSocketAddress inet) {
            printUrls(out, inet, !tls.isEmpty());
        } else {
            out.println("  at   " + style(BOLD, Printable.text(address.toString()))
                    + style(DIM, "  (curl --unix-socket reaches it)"));
        }
        out.println("  on   " + Printable.text(engine));
        for (int i = 0; i < tls.size(); i++) {
            out.println((i == 0 ? "  tls  " : "       ") + tls.get(i));
        }
        if (reload != null) {
            out.println("  live " + reload);
        }
        out.println("  stop " + style(DIM, "Ctrl-C: finishes what is in flight; once more: at once"));
        out.flush();
    }

    private void printUrls(PrintStream out, InetSocketAddress address, boolean secure) {
        List<String> urls = AddressFormat.urls(address, secure);
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

    /**
     * What is said of TLS: for whom the certificates are, and how long; {@code development} is the file of a
     * certificate of our own making, {@code null} for none.
     */
    static List<String> tls(TlsContext context, Path development, Instant now) {
        List<String> lines = new ArrayList<>();
        for (Credentials one : context.credentials()) {
            String names = one.names().isEmpty()
                    ? one.chain().getFirst().getSubjectX500Principal().getName()
                    : String.join(", ", one.names());
            lines.add(Printable.text(names) + ", " + left(one, now));
            lines.add("SHA-256 " + one.fingerprint());
            String warning = one.warning(now, CredentialsReloader.RESERVE);
            if (warning != null && development == null) {
                lines.add("warning: " + Printable.text(warning));
            }
        }
        if (development != null) {
            lines.add("a certificate for development: browsers ask once, curl takes --cacert "
                    + Printable.text(development.toString()));
        }
        return lines;
    }

    private static String left(Credentials one, Instant now) {
        long days = Duration.between(now, one.expires()).toDays();
        return days < 0 ? "expired" : count(days, "day") + " left";
    }

    private String style(String code, String text) {
        return colors ? code + text + PLAIN : text;
    }

    /** {@code 1 loop}, {@code 2 loops}. */
    static String count(long number, String noun) {
        return number + " " + noun + (number == 1 ? "" : "s");
    }
}
