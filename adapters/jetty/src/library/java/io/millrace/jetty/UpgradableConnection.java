// SPDX-License-Identifier: Apache-2.0
package io.millrace.jetty;

import java.util.concurrent.Executor;
import org.eclipse.jetty.io.AbstractConnection;
import org.eclipse.jetty.io.EndPoint;

/** The connection of a request before an upgrade: it reads nothing, since Millrace does. */
final class UpgradableConnection extends AbstractConnection {
    UpgradableConnection(EndPoint endPoint, Executor executor) {
        super(endPoint, executor);
    }

    @Override
    public void onFillable() {}
}
