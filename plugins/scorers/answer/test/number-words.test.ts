/** Small numbers in words, numbers said loudly, computed values of unknowns, ranges, versions, data sizes. */
import { expect } from "chai";
import { numberWord, withLeadingDigits } from "../src/number-words.ts";
import { judges } from "./judging.ts";

describe("the answer scorer reads small numbers in words, and takes as equal", () => {
  judges("right", [
    ["3", "three", "Three", "three apples"],
    ["three", "3"],
    ["7", "Seven apples"],
    ["1", "one of them"],
    ["40", "forty"],
    ["Formula One", "Formula 1"],
    ["Seven Samurai", "The Seven Samurai", "7 Samurai"],
  ]);
});

describe("the answer scorer reads small numbers in words, and does not take as equal", () => {
  judges("wrong", [
    ["3", "four"],
    ["20", "twenty-one", "twenty one"],
    ["21", "twenty one"],
    ["1", "one half", "one third", "one quarter"],
    ["2", "two thirds"],
    ["three", "4"],
  ]);
});

describe("the answer scorer hears a number said loudly, and takes as equal", () => {
  judges("right", [
    ["42", "42!", "The answer is 42!", "**42**!"],
    ["-7", "-7!"],
    ["120", "5!"],
    ["5!", "120", "5!"],
    ["6", "3!"],
  ]);
});

describe("the answer scorer hears a number said loudly, and does not take as equal", () => {
  judges("wrong", [
    ["42", "4!", "43!"],
    ["100!", "99!"],
    ["at least 42", "42!"],
  ]);
});

describe("the answer scorer takes as equal", () => {
  judges("right", [
    ["15", "$x \\approx 15$", "x ≈ 15"],
    ["3-5", "3 to 5", "3 – 5"],
    ["pages 10-12", "pages 10 to 12"],
    ["73", "***73***", "It is ***73***."],
    ["v1.10", "V1.10", "v1.10."],
    ["16 GB", "16000 MB"],
    ["8 Mb", "1 MB"],
  ]);
});

describe("the answer scorer does not take as equal", () => {
  judges("wrong", [
    ["15", "≈ 15", "about 15", "x ~ 15", "$x \\approx 16$"],
    ["3-5", "35", "3 to 6"],
    ["v1.10", "v1.1"],
    ["v2", "v3"],
    ["16 Gb", "16 GB"],
    ["100 Mb/s", "100 MB/s"],
  ]);
});

describe("a number word", () => {
  it("has its value in any case; other words have none", () => {
    expect(["zero", "Twelve", "NINETY", "twenty"].map(numberWord)).to.deep.equal([0, 12, 90, 20]);
    for (const word of ["", "hundred", "toString", "ones", "a"]) expect(numberWord(word), word).to.equal(undefined);
  });

  it("at the start of a text becomes digits, unless it goes on", () => {
    expect(withLeadingDigits("seven apples")).to.equal("7 apples");
    expect(withLeadingDigits("Nine")).to.equal("9");
    for (const text of ["twenty-one", "twenty one", "one half", "two fifths", "seventeenth", "the seven", ""])
      expect(withLeadingDigits(text)).to.equal(text);
  });
});
