// SPDX-License-Identifier: Apache-2.0
package io.millrace.lab;

import io.millrace.core.Printable;

/** Markup, appended piece by piece; texts are escaped. */
final class Html {
    private final StringBuilder out = new StringBuilder();

    /** Markup as it is. */
    Html raw(String markup) {
        out.append(markup);
        return this;
    }

    /** A text: what means something in HTML is escaped. */
    Html text(String text) {
        out.append(escape(text));
        return this;
    }

    /** An element with a text in it. */
    Html element(String name, String attributes, String text) {
        out.append('<')
                .append(name)
                .append(attributes.isEmpty() ? "" : " " + attributes)
                .append('>');
        return text(text).raw("</" + name + ">");
    }

    Html element(String name, String text) {
        return element(name, "", text);
    }

    static String escape(String text) {
        return shown(text)
                .replace("&", "&amp;")
                .replace("<", "&lt;")
                .replace(">", "&gt;")
                .replace("\"", "&quot;");
    }

    /** Names may come from files of others. Some texts have lines. */
    private static String shown(String text) {
        StringBuilder shown = new StringBuilder(text.length());
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            shown.append(c == '\n' || Printable.at(text, i) ? c : '\uFFFD');
        }
        return shown.toString();
    }

    @Override
    public String toString() {
        return out.toString();
    }
}
