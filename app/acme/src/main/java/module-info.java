// SPDX-License-Identifier: Apache-2.0

/** Certificates from an authority that speaks ACME. */
module io.millrace.acme {
    requires transitive io.millrace.tls;
    requires transitive io.millrace.web;
    requires org.shredzone.acme4j;
    requires java.net.http;

    exports io.millrace.acme;
}
