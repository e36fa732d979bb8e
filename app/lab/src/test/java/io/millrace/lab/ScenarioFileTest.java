// SPDX-License-Identifier: Apache-2.0
package io.millrace.lab;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Scenarios as people write them. */
final class ScenarioFileTest {

    @Test
    void everyLineMeansSomething() {
        Scenario scenario = Runs.scenario(
                "connections=8\npipeline=4\nkeep-alive=false\nrate=1000.5\nidle=7\nslow-readers=2\n"
                        + "message=9\nseconds=0.5\nmeasured=p99\nquick=true\nonly=select , poll\nsweep=idle: 1, 20,300\n");
        assertEquals(8, scenario.load().connections());
        assertEquals(4, scenario.load().pipeline());
        assertFalse(scenario.load().keepAlive());
        assertEquals(1000.5, scenario.load().rate());
        assertEquals(2, scenario.load().slowReaders());
        assertEquals(9, scenario.load().messageBytes());
        assertEquals(500, scenario.load().measure().toMillis());
        assertEquals(Metric.P99, scenario.measured());
        assertTrue(scenario.quick());
        assertTrue(scenario.takes("poll"));
        assertFalse(scenario.takes("epoll-et"));
        assertEquals(List.of(1, 20, 300), scenario.sweep().values());
        assertEquals(300, scenario.at(300).idle());
    }

    @ParameterizedTest
    @CsvSource({
        "conections=8, unknown lines: conections",
        "connections=many, connections is a number of at least 1",
        "connections=0, connections is a number of at least 1",
        "keep-alive=yes, keep-alive is true or false",
        "rate=-1, rate is a number that is not negative",
        "measured=speed, there is no figure named speed",
        "sweep=threads: 1, sweep is one of",
        "sweep=workers: 2, goes with a sweep of workers",
        "service=herd, goes with a sweep of workers",
        "service=gopher, service is echo"
    })
    void whatMakesNoSenseIsSaid(String line, String complaint) {
        IllegalArgumentException e = assertThrows(IllegalArgumentException.class, () -> Runs.scenario(line));
        assertTrue(e.getMessage().contains("scenario trial") && e.getMessage().contains(complaint), e.getMessage());
    }

    @Test
    void aScenarioNeedsATitle() {
        assertThrows(IllegalArgumentException.class, () -> ScenarioFile.read("x", "service=echo"));
    }

    @Test
    void thoseThatComeWithTheCommandCanBeReadAndHaveNamesOfTheirOwn() {
        List<Scenario> all = Lab.scenarios();
        Set<String> names = new HashSet<>(all.stream().map(Scenario::name).toList());
        assertEquals(all.size(), names.size());
        assertTrue(
                names.containsAll(Set.of(
                        "echo",
                        "plaintext",
                        "pipelined",
                        "new-connections",
                        "file",
                        "idle",
                        "idle-http",
                        "slow-client",
                        "spawn",
                        "herd")),
                names.toString());
        assertTrue(all.stream().filter(Scenario::quick).count() >= 3);
    }
}
