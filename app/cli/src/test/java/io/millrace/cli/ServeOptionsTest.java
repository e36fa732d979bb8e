// SPDX-License-Identifier: Apache-2.0
package io.millrace.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.http.Limits;
import io.millrace.transport.AcceptDistribution;
import io.millrace.transport.OverloadPolicy;
import io.millrace.web.LogFormat;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import picocli.CommandLine;
import picocli.CommandLine.ParameterException;

final class ServeOptionsTest {

    private static ServeOptions parse(String... arguments) {
        List<String> all = new ArrayList<>(List.of("serve"));
        all.addAll(List.of(arguments));
        return new ServeOptions(new ParsedArguments(new CommandLine(Main.spec())
                .parseArgs(all.toArray(String[]::new))
                .subcommand()));
    }

    @Test
    void withoutOptionsItIsLoopbackPort8000AndTheCurrentFolder() {
        ServeOptions options = parse();
        assertEquals("127.0.0.1", options.host());
        assertEquals(8000, options.port());
        assertEquals(Path.of(""), options.directory());
        assertEquals(LogFormat.COMMON, options.log());
        assertEquals(Duration.ofSeconds(10), options.grace());
        assertEquals(Limits.DEFAULT, options.limits());
        assertTrue(options.files().listing());
        assertTrue(options.files().precompressed());
        assertFalse(options.files().hidden() || options.followLinks() || options.quiet() || options.verbose());
        assertNull(options.files().cors());
        assertNull(options.files().spa());
    }

    @Test
    void jwebserverSpellingsMeanWhatTheyMeanThere() {
        ServeOptions options = parse("-b", "0.0.0.0", "-p", "8080", "-d", "/srv", "-o", "none");
        assertEquals("0.0.0.0", options.host());
        assertEquals(8080, options.port());
        assertEquals(Path.of("/srv"), options.directory());
        assertEquals(LogFormat.NONE, options.log());
        assertEquals("::", parse("--bind-address", "::").host());
        assertEquals(Path.of("/srv"), parse("--directory", "/srv").directory());
        assertEquals(LogFormat.COMMON, parse("--output", "info").log());
        assertTrue(parse("-o", "verbose").verbose());
    }

    @Test
    void logGoesBeforeOutputAndQuiet() {
        assertEquals(LogFormat.JSON, parse("-o", "none", "--log", "json").log());
        assertFalse(parse("-o", "verbose", "--log", "json").verbose());
        assertEquals(LogFormat.NONE, parse("-q").log());
        assertEquals(LogFormat.COMBINED, parse("-q", "--log", "combined").log());
    }

    @Test
    void anOptionalValueIsTakenOnlyWhenJoined() {
        ServeOptions apart = parse("--cors", "docs");
        assertEquals("*", apart.files().cors());
        assertEquals(Path.of("docs"), apart.directory());
        assertEquals(
                "https://example.org",
                parse("--cors=https://example.org").files().cors());
        assertEquals("index.html", parse("--spa", "docs").files().spa());
        assertEquals("app.html", parse("--spa=app.html").files().spa());
    }

    @Test
    void cacheIsSecondsOrNoneOrAsItIs() {
        assertNull(parse().files().cacheControl());
        assertEquals("max-age=60", parse("--cache", "60").files().cacheControl());
        assertEquals("no-store", parse("--cache", "none").files().cacheControl());
        assertEquals(
                "public, immutable",
                parse("--cache", "public, immutable").files().cacheControl());
    }

    @Test
    void liveReloadKeepsFilesOutOfCachesAndNeedsModelsThatHoldStreams() {
        assertFalse(parse().liveReload());
        assertTrue(parse("--live-reload").liveReload());
        assertEquals("no-cache", parse("--live-reload").files().cacheControl());
        assertEquals(
                "max-age=60", parse("--live-reload", "--cache", "60").files().cacheControl());
        for (String model : List.of("process", "prefork", "iterative")) {
            assertThrows(
                    ParameterException.class,
                    () -> parse("--live-reload", "--model", model).liveReload());
        }
    }

    @Test
    void headersAddUp() {
        assertEquals(
                List.of(Map.entry("X-A", "1: 2"), Map.entry("X-B", "3")),
                parse("--header", "X-A: 1: 2", "--header", "X-B:3").files().headers());
    }

    @Test
    void aHeaderWithALineBreakIsRefusedOnOneLine() {
        ParameterException refused = assertThrows(
                ParameterException.class,
                () -> parse("--header", "X: a\r\nY: b").files());
        assertEquals("not a header field value: 'a\\x0d\\x0aY: b'", refused.getMessage());
    }

    @Test
    void limitsAndLoadAreTakenOver() {
        ServeOptions options = parse(
                "--max-head",
                "4096",
                "--head-time",
                "1",
                "--body-time",
                "6",
                "--body-rate",
                "7",
                "--idle-time",
                "2",
                "--write-time",
                "3",
                "--loops",
                "4",
                "--max-connections",
                "5",
                "--overload",
                "refuse",
                "--spread",
                "hand-over",
                "--grace",
                "0");
        assertEquals(
                Limits.DEFAULT
                        .withHead(4096)
                        .withHeadTime(Duration.ofSeconds(1))
                        .withBodyTime(Duration.ofSeconds(6))
                        .withBodyRate(7)
                        .withIdleTime(Duration.ofSeconds(2))
                        .withWriteTime(Duration.ofSeconds(3)),
                options.limits());
        assertEquals(4, options.loops());
        assertEquals(5, options.maxConnections());
        assertEquals(OverloadPolicy.REFUSE, options.overload());
        assertEquals(AcceptDistribution.HAND_OVER, options.spread());
        assertEquals(Duration.ZERO, options.grace());
    }

    /** What a worker is told in place of the command line means the same. */
    @Test
    void aWorkersWordsMeanWhatTheCommandLineMeant() {
        List<String> line = List.of(
                "serve",
                "-p",
                "8081",
                "--spa",
                "--cors=https://a.example",
                "--cache",
                "60",
                "--header",
                "X-A: b=c",
                "--header",
                "X-D: e",
                "--log",
                "json",
                "--color",
                "never",
                "--head-time",
                "7",
                "--max-connections",
                "9",
                "--overload",
                "refuse",
                "--no-listing",
                "-q",
                "--model",
                "process",
                "--grace=3",
                "/srv/a=b");
        ParsedArguments given = new ParsedArguments(new CommandLine(Main.spec())
                .parseArgs(line.toArray(String[]::new))
                .subcommand());
        ServeOptions parsed = new ServeOptions(given);
        ServeOptions told = new ServeOptions(Arguments.words(given.words()));
        assertEquals(Path.of("/srv/a=b"), told.directory());
        assertEquals(8081, told.port());
        assertEquals("index.html", told.files().spa());
        assertEquals("https://a.example", told.files().cors());
        assertEquals("max-age=60", told.files().cacheControl());
        assertEquals(parsed.files().headers(), told.files().headers());
        assertEquals(parsed.limits(), told.limits());
        assertEquals(LogFormat.JSON, told.log());
        assertEquals(parsed.color(), told.color());
        assertEquals(9, told.maxConnections());
        assertEquals(parsed.overload(), told.overload());
        assertEquals(parsed.model(), told.model());
        assertEquals(parsed.grace(), told.grace());
        assertTrue(told.quiet() && !told.files().listing() && !told.trace());
    }

    @Test
    void ordersFromAnAuthorityOnlyWhatItMayAndWithAgreement() {
        for (String[] wrong : new String[][] {
            {"--acme", "example.org"},
            {"--acme", "*.example.org", "--acme-agree"},
            {"--acme", "127.0.0.1", "--acme-agree"},
            {"--acme", "example.org", "--acme-agree", "--tls-cert", "cert.pem"},
            {"--acme", "example.org", "--acme-agree", "--acme-staging", "--acme-directory", "https://localhost/"},
            {"--acme", "example.org", "--acme-agree", "--model", "prefork"},
            {"--acme-agree"}
        }) {
            ServeOptions options = parse(wrong);
            assertThrows(ParameterException.class, () -> options.tls().check(), String.join(" ", wrong));
        }
        ServeOptions options = parse("--acme", "example.org,www.example.org", "--acme-agree", "--acme-staging");
        options.tls().check();
        assertTrue(options.tls().wanted());
        assertFalse(options.tls().isDevelopment());
        assertEquals(8443, options.port());
        assertTrue(options.tls().acme().line().startsWith("from acme-staging-v02.api.letsencrypt.org"));
    }
}
