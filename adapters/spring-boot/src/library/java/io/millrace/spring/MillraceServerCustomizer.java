// SPDX-License-Identifier: Apache-2.0
package io.millrace.spring;

import io.millrace.web.WebServer;

/**
 * Says something about the {@link WebServer} under a WebFlux application before it takes its address: loops, I/O model,
 * limits. Beans of this type are called in order.
 */
@FunctionalInterface
public interface MillraceServerCustomizer {

    /**
     * Changes the server.
     *
     * @param server must not be given routes, nor be started
     */
    void customize(WebServer server);
}
