// SPDX-License-Identifier: Apache-2.0
package io.millrace.it;

import java.io.IOException;

/** Links above those of another fixture, which says what they can. */
abstract class FixtureAbove implements LinkFixture {
    final LinkFixture carrier;

    FixtureAbove(LinkFixture carrier) {
        this.carrier = carrier;
    }

    @Override
    public boolean seesHangups() {
        return carrier.seesHangups();
    }

    @Override
    public boolean isSocket() {
        return carrier.isSocket();
    }

    @Override
    public boolean servesSeveral() {
        return carrier.servesSeveral();
    }

    @Override
    public boolean throwsToTheTest() {
        return carrier.throwsToTheTest();
    }

    @Override
    public void close() throws IOException {
        carrier.close();
    }
}
