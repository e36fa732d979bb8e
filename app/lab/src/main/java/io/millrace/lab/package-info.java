// SPDX-License-Identifier: Apache-2.0

/**
 * The lab: the same work over every I/O model, measured on the reader's own machine, and the page that shows it.
 *
 * <p>Knows: how to start servers, what to ask them, what they use, how to draw it. Does not know: how a model works, or
 * how a server is asked (that is {@code load}).
 *
 * <pre>
 *   ScenarioFile ─► Scenario ─┐
 *   Contender ─► Subject ─────┼─► LabRun ─► LabResults ─► Findings, Report (HTML), LabJson, Comparison
 *   LoadProcess, Experiment ──┘
 * </pre>
 *
 * <p>Read in this order: {@code Lab}, {@code Scenario}, {@code LabRun}, {@code Samples}, {@code Findings},
 * {@code Report}.
 */
package io.millrace.lab;
