// Callbacks inside callbacks: the shape of a program that waits for sixty things in turn.
step0(function (error, value0) {
  step1(function (error, value1) {
    step2(function (error, value2) {
      step3(function (error, value3) {
        step4(function (error, value4) {
          step5(function (error, value5) {
            step6(function (error, value6) {
              step7(function (error, value7) {
                step8(function (error, value8) {
                  step9(function (error, value9) {
                    step10(function (error, value10) {
                      step11(function (error, value11) {
                        step12(function (error, value12) {
                          step13(function (error, value13) {
                            step14(function (error, value14) {
                              step15(function (error, value15) {
                                step16(function (error, value16) {
                                  step17(function (error, value17) {
                                    step18(function (error, value18) {
                                      step19(function (error, value19) {
                                        step20(function (error, value20) {
                                          step21(function (error, value21) {
                                            step22(function (error, value22) {
                                              step23(function (error, value23) {
                                                step24(function (error, value24) {
                                                  step25(function (error, value25) {
                                                    step26(function (error, value26) {
                                                      step27(function (error, value27) {
                                                        step28(function (error, value28) {
                                                          step29(function (error, value29) {
                                                            step30(function (error, value30) {
                                                              step31(function (error, value31) {
                                                                step32(function (error, value32) {
                                                                  step33(function (error, value33) {
                                                                    step34(function (error, value34) {
                                                                      step35(function (error, value35) {
                                                                        step36(function (error, value36) {
                                                                          step37(function (error, value37) {
                                                                            step38(function (error, value38) {
                                                                              step39(function (error, value39) {
                                                                                step40(function (error, value40) {
                                                                                  step41(function (error, value41) {
                                                                                    step42(function (error, value42) {
                                                                                      step43(function (error, value43) {
                                                                                        step44(function (error, value44) {
                                                                                          step45(function (error, value45) {
                                                                                            step46(function (error, value46) {
                                                                                              step47(function (error, value47) {
                                                                                                step48(function (error, value48) {
                                                                                                  step49(function (error, value49) {
                                                                                                    step50(function (error, value50) {
                                                                                                      step51(function (error, value51) {
                                                                                                        step52(function (error, value52) {
                                                                                                          step53(function (error, value53) {
                                                                                                            step54(function (error, value54) {
                                                                                                              step55(function (error, value55) {
                                                                                                                step56(function (error, value56) {
                                                                                                                  step57(function (error, value57) {
                                                                                                                    step58(function (error, value58) {
                                                                                                                      step59(function (error, value59) {
                                                                                                                        done(value0, value1);
                                                                                                                      });
                                                                                                                    });
                                                                                                                  });
                                                                                                                });
                                                                                                              });
                                                                                                            });
                                                                                                          });
                                                                                                        });
                                                                                                      });
                                                                                                    });
                                                                                                  });
                                                                                                });
                                                                                              });
                                                                                            });
                                                                                          });
                                                                                        });
                                                                                      });
                                                                                    });
                                                                                  });
                                                                                });
                                                                              });
                                                                            });
                                                                          });
                                                                        });
                                                                      });
                                                                    });
                                                                  });
                                                                });
                                                              });
                                                            });
                                                          });
                                                        });
                                                      });
                                                    });
                                                  });
                                                });
                                              });
                                            });
                                          });
                                        });
                                      });
                                    });
                                  });
                                });
                              });
                            });
                          });
                        });
                      });
                    });
                  });
                });
              });
            });
          });
        });
      });
    });
  });
});
