// SPDX-License-Identifier: Apache-2.0
package io.millrace.web;

import io.millrace.http.Dispatcher;
import io.millrace.http.Request;
import io.millrace.http.Route;

/** Answers an authority's challenges in the clear, and leaves all else to another dispatcher. */
record ChallengeDispatcher(CertificateChallenges open, Dispatcher others) implements Dispatcher {

    @Override
    public Route resolve(Request request) {
        String text = open.textFor(request);
        return text == null
                ? others.resolve(request)
                : Route.inline((asked, response) -> response.type("application/octet-stream")
                        .header("Cache-Control", "no-store")
                        .send(text));
    }
}
