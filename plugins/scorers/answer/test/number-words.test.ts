/** Numbers in words, numbers said loudly, computed values of unknowns, ranges, versions, data sizes. */
import { judges } from "./judging.ts";

describe("the answer scorer reads numbers in words, and takes as equal", () => {
  judges("right", [
    ["3", "three", "Three", "three apples"],
    ["three", "3"],
    ["7", "Seven apples"],
    ["1", "one of them"],
    ["40", "forty"],
    ["42", "forty-two", "forty two", "Forty-two.", "42 (forty-two)", "There are forty-two apples."],
    ["-7", "negative seven", "minus seven"],
    ["300", "three hundred", "three hundred apples"],
    ["1205", "one thousand two hundred and five", "one thousand, two hundred and five"],
    ["2500000", "two million five hundred thousand"],
    ["twenty-one", "21", "twenty one"],
    ["3/4", "three quarters", "three-fourths", "three quarters of the cake"],
    ["1/2", "half", "one half", "a half"],
    ["2.5", "two and a half"],
    ["two and a half", "2.5"],
    ["-1/2", "minus one half"],
    ["5th Avenue", "Fifth Avenue"],
    ["twenty-first century", "21st century"],
    ["World War Two", "World War 2"],
    ["Formula One", "Formula 1"],
    ["Seven Samurai", "The Seven Samurai", "7 Samurai"],
  ]);
});

describe("the answer scorer reads numbers in words, and does not take as equal", () => {
  judges("wrong", [
    ["3", "four"],
    ["20", "twenty-one", "twenty one"],
    ["1", "one half", "one third", "one quarter"],
    ["2", "two thirds"],
    ["three", "4"],
    ["42", "forty-three", "forty-two thousand", "four two", "forty-second"],
    ["40", "forty-two", "forty-two apples"],
    ["3", "three quarters", "three hundred", "thirty"],
    ["3/4", "three", "four thirds", "three fifths"],
    ["20", "twenty-first", "twenty thirty"],
    ["third", "fourth", "three"],
    ["1", "No one knows.", "That one."],
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
