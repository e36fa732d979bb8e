// SPDX-License-Identifier: Apache-2.0
package io.millrace.openssl;

import io.millrace.sys.LibCrypto;
import io.millrace.sys.LibSsl;
import io.millrace.tls.AlertName;
import org.jspecify.annotations.Nullable;

/** Words for what OpenSSL's queue of errors says. */
final class Failures {

    /** The lowest of the errors that stand for an alert of the peer (SSL_AD_REASON_OFFSET). */
    private static final int ALERTS = 1_000;

    private static final int REASON_MASK = 0x7fffff;

    private Failures() {}

    /** Takes the thread's first error and drops the others. */
    static String take() {
        return words(first());
    }

    private static long first() {
        long first = LibCrypto.error();
        LibCrypto.clearErrors();
        return first;
    }

    /** Takes the thread's first error, which has ended {@code ssl}. */
    static String of(long ssl, @Nullable String host) {
        long error = first();
        String words = words(error);
        long verified = LibSsl.verifyResult(ssl);
        if (verified == 0 || !words.contains("verify failed")) {
            return words;
        }
        String asked = host == null ? "" : " (asked for " + host + ")";
        return "the peer's certificate was refused: " + LibCrypto.verifyError(verified) + asked;
    }

    private static String words(long error) {
        int number = (int) (error & REASON_MASK) - ALERTS;
        if (number > 0 && number < 256) {
            return AlertName.received(number);
        }
        String reason = error == 0 ? "" : LibCrypto.reason(error);
        return reason.isEmpty() ? "OpenSSL failed without a reason (error " + Long.toHexString(error) + ")" : reason;
    }
}
