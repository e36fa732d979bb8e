// SPDX-License-Identifier: Apache-2.0
package io.millrace.lab;

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
        return text.replace("&", "&amp;")
                .replace("<", "&lt;")
                .replace(">", "&gt;")
                .replace("\"", "&quot;");
    }

    @Override
    public String toString() {
        return out.toString();
    }
}
