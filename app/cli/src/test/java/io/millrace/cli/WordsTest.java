// SPDX-License-Identifier: Apache-2.0
package io.millrace.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.millrace.cli.Terminal.Color;
import io.millrace.sys.Errno;
import io.millrace.sys.SysException;
import io.millrace.web.ServerStats;
import java.io.BufferedReader;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the command says: addresses, amounts, owners of ports, colors. */
final class WordsTest {

    @Test
    void addressesAreWrittenAsBrowsersTakeThem() throws UnknownHostException {
        assertEquals("127.0.0.1:80", AddressFormat.text(AddressFormat.resolve("127.0.0.1", 80)));
        assertEquals("[::1]:8000", AddressFormat.text(AddressFormat.resolve("[::1]", 8000)));
        assertEquals(List.of("http://127.0.0.1/"), AddressFormat.urls(AddressFormat.resolve("127.0.0.1", 80), false));
        assertEquals(
                List.of("http://[2001:db8::1]:81/"),
                AddressFormat.urls(new InetSocketAddress("2001:db8::1", 81), false));
    }

    @Test
    void ipv6IsShortenedAtItsLongestRunOfZeros() {
        assertEquals("::1", AddressFormat.shortened("0:0:0:0:0:0:0:1"));
        assertEquals("::", AddressFormat.shortened("0:0:0:0:0:0:0:0"));
        assertEquals("2001:db8::1", AddressFormat.shortened("2001:db8:0:0:0:0:0:1"));
        assertEquals("2001:0:0:1::2", AddressFormat.shortened("2001:0:0:1:0:0:0:2"));
        assertEquals("fe80::", AddressFormat.shortened("fe80:0:0:0:0:0:0:0"));
        assertEquals("1:0:2:3:4:5:6:7", AddressFormat.shortened("1:0:2:3:4:5:6:7"));
    }

    @Test
    void aWildcardIsReachedByLoopbackFirst() throws UnknownHostException {
        List<String> urls = AddressFormat.urls(new InetSocketAddress(InetAddress.getByName("0.0.0.0"), 8000), false);
        assertEquals("http://127.0.0.1:8000/", urls.getFirst());
        assertTrue(urls.stream().noneMatch(url -> url.contains("0.0.0.0") || url.contains("[")), urls.toString());
    }

    @Test
    void amountsHaveThreeFigures() {
        assertEquals("0 bytes", Summary.bytes(0));
        assertEquals("1 byte", Summary.bytes(1));
        assertEquals("999 bytes", Summary.bytes(999));
        assertEquals("1.00 kB", Summary.bytes(1000));
        assertEquals("99.9 kB", Summary.bytes(99_900));
        assertEquals("1.00 MB", Summary.bytes(999_999));
        assertEquals("5.12 GB", Summary.bytes(5_123_456_789L));
        assertEquals("1.5 s", Summary.time(Duration.ofMillis(1500)));
        assertEquals("2 min 3 s", Summary.time(Duration.ofSeconds(123)));
        assertEquals("25 h 0 min 1 s", Summary.time(Duration.ofSeconds(90_001)));
    }

    @Test
    void theSummaryCountsErrorsWhereThereAreSome() {
        ServerStats stats = new ServerStats();
        assertEquals("Served 0 requests, 0 bytes in 1.0 s.", Summary.text(stats, Duration.ofSeconds(1), 0));
        stats.completed(null, 200, 1500, 1_000_000);
        String one = Summary.text(stats, Duration.ofSeconds(1), 0);
        assertTrue(one.startsWith("Served 1 request, 1.50 kB in 1.0 s; p50 "), one);
        assertTrue(one.endsWith("errors: none."), one);
        stats.completed(null, 404, 0, 1_000_000);
        stats.completed(null, 503, 0, 1_000_000);
        stats.completed(null, 0, 0, 1_000_000);
        assertTrue(Summary.text(stats, Duration.ofSeconds(1), 2)
                .endsWith("errors: 1 client (4xx), 1 server (5xx), 1 broken off; 2 log lines dropped."));
    }

    @Test
    void theSummaryHasNoTimesWhereNoAnswerWasTaken() {
        ServerStats stats = new ServerStats();
        stats.brokenOff(null, 200, 10, 1_000_000);
        assertEquals(
                "Served 1 request, 10 bytes in 1.0 s; errors: 0 client (4xx), 0 server (5xx), 1 broken off.",
                Summary.text(stats, Duration.ofSeconds(1), 0));
    }

    @Test
    void aPortForRootAloneIsNamedWithTheFirstThatIsNot() throws IOException {
        Path first = Path.of("/proc/sys/net/ipv4/ip_unprivileged_port_start");
        assumeTrue(Files.exists(first), "not Linux");
        String text;
        try (BufferedReader lines = Files.newBufferedReader(first)) {
            text = lines.readLine();
        }
        String said = StartFailure.line(
                new SysException("bind", Errno.EACCES, "a socket"),
                new InetSocketAddress(InetAddress.getLoopbackAddress(), 80));
        assertTrue(said.contains("ports below " + text + " are for root"), said);
    }

    @Test
    void thePortOwnerIsFoundByTheInodeOfItsSocket(@TempDir Path proc) throws IOException {
        Files.createDirectories(proc.resolve("net"));
        Files.writeString(proc.resolve("net/tcp"), """
                  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
                   0: 0100007F:1F40 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1000        0 4242 1
                   1: 0100007F:1F40 0100007F:C350 01 00000000:00000000 00:00000000 00000000  1000        0 9999 1
                   2: 0100007F:1F41 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1000        0 5555 1
                """);
        Path holder = Files.createDirectories(proc.resolve("77/fd"));
        Files.createSymbolicLink(holder.resolve("3"), Path.of("socket:[4242]"));
        Files.writeString(proc.resolve("77/comm"), "nginx\n");
        Path other = Files.createDirectories(proc.resolve("78/fd"));
        Files.createSymbolicLink(other.resolve("4"), Path.of("socket:[9999]"));
        Files.writeString(proc.resolve("78/comm"), "curl\n");

        assertEquals(List.of("nginx (pid 77)"), new PortOwner(proc).owners(8000));
        assertEquals(List.of(), new PortOwner(proc).owners(8001));
        assertEquals(List.of(), new PortOwner(proc).owners(8002));
        assertEquals(List.of(), new PortOwner(proc.resolve("nothing")).owners(8000));
    }

    @Test
    void colorsAreForTerminalsThatWantThem() {
        Terminal terminal = new Terminal(System.out, System.err, true, Map.of("TERM", "xterm"));
        assertTrue(terminal.colors(Color.AUTO));
        assertFalse(terminal.colors(Color.NEVER));
        assertFalse(new Terminal(System.out, System.err, false, Map.of()).colors(Color.AUTO));
        assertTrue(new Terminal(System.out, System.err, false, Map.of()).colors(Color.ALWAYS));
        assertFalse(new Terminal(System.out, System.err, true, Map.of("NO_COLOR", "1")).colors(Color.AUTO));
        assertTrue(new Terminal(System.out, System.err, true, Map.of("NO_COLOR", "")).colors(Color.AUTO));
        assertFalse(new Terminal(System.out, System.err, true, Map.of("TERM", "dumb")).colors(Color.AUTO));
    }
}
