// SPDX-License-Identifier: Apache-2.0
package io.millrace.sample.web;

import io.millrace.filters.Sessions;
import io.millrace.forms.FormData;
import io.millrace.http.Dispatch;
import io.millrace.web.WebServer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.Map;

/** A login with a form. A signed cookie says which user has logged in, and so the server remembers nothing. */
public final class CookieLogin {
    private static final String FORM =
            "<form method=post><input name=user><input name=password type=password>" + "<button>Log in</button></form>";

    private final Map<String, String> passwords;
    private final Sessions sessions;

    CookieLogin(Map<String, String> passwords, Sessions sessions) {
        this.passwords = passwords;
        this.sessions = sessions;
    }

    WebServer server(int port) {
        return WebServer.on(port)
                .get("/login", (request, response) -> response.type("text/html").send(FORM))
                .post("/login", Dispatch.VIRTUAL, (request, response) -> {
                    FormData form = FormData.read(request, 10_000);
                    String user = form.required("user");
                    if (matches(passwords.getOrDefault(user, ""), form.required("password"))) {
                        sessions.write(response, Map.of("user", user));
                        response.redirect("/me");
                    } else {
                        response.status(403).type("text/html").send("<p>Wrong." + FORM);
                    }
                })
                .post("/logout", (request, response) -> {
                    sessions.end(response);
                    response.redirect("/login");
                })
                .filter("/me", (request, response, next) -> {
                    String user = sessions.read(request).get("user");
                    if (user == null) {
                        response.redirect("/login");
                    } else {
                        request.attribute("user", user);
                        next.handle(request, response);
                    }
                })
                .get("/me", (request, response) -> response.send("Hello, " + request.attribute("user") + "\n"));
    }

    private static boolean matches(String expected, String said) {
        byte[] bytes = expected.getBytes(StandardCharsets.UTF_8);
        return bytes.length > 0 && MessageDigest.isEqual(bytes, said.getBytes(StandardCharsets.UTF_8));
    }

    /** Serves at port 8080. The key is new at each start, and so sessions end with the program. */
    public static void main(String[] args) throws Exception {
        Sessions sessions = Sessions.signedBy(SecureRandom.getSeed(32), Duration.ofHours(8));
        new CookieLogin(Map.of("ada", "lovelace"), sessions).server(8080).start();
    }
}
