// SPDX-License-Identifier: Apache-2.0

/** TLS engines of OpenSSL 3, bound at run time. */
module io.millrace.openssl {
    requires transitive io.millrace.core;
    requires transitive io.millrace.tls;
    requires io.millrace.sys;
    requires static org.jspecify;

    exports io.millrace.openssl;
}
