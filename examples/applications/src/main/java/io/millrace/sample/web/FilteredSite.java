// SPDX-License-Identifier: Apache-2.0
package io.millrace.sample.web;

import io.millrace.fileserver.FileOptions;
import io.millrace.filters.Authentication;
import io.millrace.filters.Cors;
import io.millrace.filters.EntityTags;
import io.millrace.filters.RequestId;
import io.millrace.filters.RequestRate;
import io.millrace.filters.SecurityHeaders;
import io.millrace.web.AccessLog;
import io.millrace.web.LogFormat;
import io.millrace.web.WebServer;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;

/** A site of files with an API: filters of every kind, a log, and a page of its own for what is not there. */
public final class FilteredSite {
    private FilteredSite() {}

    static WebServer server(int port, Path folder, Map<String, String> admins, OutputStream log) throws IOException {
        return WebServer.on(port)
                .log(AccessLog.to(log, LogFormat.COMBINED))
                .filter(new RequestId())
                .filter(SecurityHeaders.usual())
                .filter("/admin", Authentication.basic("site", admins))
                .get("/admin", (request, response) -> response.send("for " + Authentication.user(request) + "\n"))
                .group(
                        "/api",
                        api -> api.filter(Cors.of("https://app.example"))
                                .filter(RequestRate.of(100, Duration.ofMinutes(1)))
                                .filter(EntityTags.usual())
                                .get("/version", (request, response) -> response.send("1.0\n")))
                .files("/", folder, FileOptions.DEFAULT.listing(false).cacheControl("max-age=3600"))
                .error(404, (request, response) -> response.type("text/html").send("<h1>Not here</h1>"));
    }

    /** Serves the folder {@code public} at port 8080. */
    public static void main(String[] args) throws Exception {
        server(8080, Path.of("public"), Map.of("ada", "lovelace"), System.out).start();
    }
}
