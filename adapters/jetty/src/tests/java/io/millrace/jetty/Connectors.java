// SPDX-License-Identifier: Apache-2.0
package io.millrace.jetty;

import org.eclipse.jetty.server.HttpConnectionFactory;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.ServerConnector;

/** Whose connector a test asks: Jetty's own, which is the control, or Millrace's. */
enum Connectors {
    JETTY,
    MILLRACE;

    ServerConnector add(Server server) {
        HttpConnectionFactory http = new HttpConnectionFactory();
        ServerConnector connector =
                this == JETTY ? new ServerConnector(server, http) : new MillraceConnector(server, http);
        connector.setHost("127.0.0.1");
        server.addConnector(connector);
        return connector;
    }
}
