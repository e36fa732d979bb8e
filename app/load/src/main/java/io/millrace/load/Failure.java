// SPDX-License-Identifier: Apache-2.0
package io.millrace.load;

/** Why a request got no answer that counts. */
public enum Failure {

    /** No server listens, or the connection could not be made for another reason. */
    CONNECT("could not connect"),

    /** The peer broke the connection off in the middle. */
    RESET("reset"),

    /** The peer closed the connection before the answer was whole. */
    CLOSED("closed early"),

    /** No answer within the time limit. */
    TIMEOUT("timed out"),

    /** What came was no answer, or not the bytes that were sent. */
    GARBLED("not understood");

    private final String words;

    Failure(String words) {
        this.words = words;
    }

    /** In words, for a report: {@code "closed early"}. */
    public String words() {
        return words;
    }
}
